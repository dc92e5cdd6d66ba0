"""What MLMon's tests share: real servers, a fake clock, ids in order, polling."""
