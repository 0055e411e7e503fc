#!/usr/bin/env python3
"""NEWS2 from the chart of the Royal College of Physicians (2017), independent of the Rust code.

usage: chart.py > expected.txt

Scores 100,000 random complete sets of observations. Every 50th is written in full; a line per 1,000
carries their checksum. The Rust test draws the same sets from the same generator (splitmix64).
Values have one decimal more than the chart, so that rounding half up is compared as well.
"""

from decimal import ROUND_HALF_UP, Decimal

ROWS, CHUNK, EXPLICIT = 100_000, 1_000, 50
MASK = 2**64 - 1

# Score 3, 2, 1, 0, 1, 2, 3 of the chart: upper ends of the ranges, each with its score.
RESPIRATION = [("8", 3), ("11", 1), ("20", 0), ("24", 2), (None, 3)]
SATURATION_1 = [("91", 3), ("93", 2), ("95", 1), (None, 0)]
SATURATION_2_AIR = [("83", 3), ("85", 2), ("87", 1), (None, 0)]
SATURATION_2_OXYGEN = [("83", 3), ("85", 2), ("87", 1), ("92", 0), ("94", 1), ("96", 2), (None, 3)]
SYSTOLIC = [("90", 3), ("100", 2), ("110", 1), ("219", 0), (None, 3)]
PULSE = [("40", 3), ("50", 1), ("90", 0), ("110", 1), ("130", 2), (None, 3)]
TEMPERATURE = [("35.0", 3), ("36.0", 1), ("38.0", 0), ("39.0", 1), (None, 2)]


def points(ranges, value, unit):
    rounded = value.quantize(Decimal(unit), ROUND_HALF_UP)
    return next(score for end, score in ranges if end is None or rounded <= Decimal(end))


def random_numbers(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        mixed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        yield mixed ^ (mixed >> 31)


def draw(numbers):
    """Respiration, saturation, systolic and pulse in tenths, temperature in hundredths."""
    between = lambda low, high: low + next(numbers) % (high - low + 1)
    return {
        "respiration": between(0, 450),
        "saturation": between(780, 1000),
        "systolic": between(600, 2400),
        "pulse": between(250, 1600),
        "temperature": between(3400, 4000),
        "oxygen": between(0, 1),
        "level": "ACVPU"[between(0, 4)],
        "scale": between(1, 2),
    }


def score(row):
    """The seven parts in the order of the chart."""
    if row["scale"] == 1:
        saturation = SATURATION_1
    else:
        saturation = SATURATION_2_OXYGEN if row["oxygen"] else SATURATION_2_AIR
    tenths = lambda name: Decimal(row[name]) / 10
    return [
        points(RESPIRATION, tenths("respiration"), "1"),
        points(saturation, tenths("saturation"), "1"),
        2 if row["oxygen"] else 0,
        points(SYSTOLIC, tenths("systolic"), "1"),
        points(PULSE, tenths("pulse"), "1"),
        0 if row["level"] == "A" else 3,
        points(TEMPERATURE, Decimal(row["temperature"]) / 100, "0.1"),
    ]


def band(parts):
    total = sum(parts)
    if total >= 7:
        return "High"
    if total >= 5:
        return "Medium"
    return "LowMedium" if 3 in parts else "Low"


def main():
    numbers, checksum = random_numbers(2017), 0
    for index in range(ROWS):
        row = draw(numbers)
        parts = score(row)
        line = " ".join(str(value) for value in row.values())
        line += f" {''.join(map(str, parts))} {sum(parts)} {band(parts)}"
        for byte in line.encode():
            checksum = (checksum * 31 + byte) & MASK
        if index % EXPLICIT == 0:
            print(line)
        if index % CHUNK == CHUNK - 1:
            print(f"checksum {checksum}")


main()
