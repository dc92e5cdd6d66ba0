"""Events, what they change, and where reading continues: pure, without input or output."""
