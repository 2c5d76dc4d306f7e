"""The chapters of ICD-9-CM as a table of codes, made by the rule that they are ranges of three digits.

    python benchmarks/icd9.py icd9.csv

Codes as the Diabetes 130 table spells them: numbers without leading zeros, V and E codes, and the fifth digits of
diabetes (250). Columns: code, block (the first two digits), chapter.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

CHAPTERS = {
    139: "infectious and parasitic",
    239: "neoplasms",
    279: "endocrine, nutritional, metabolic, immunity",
    289: "blood",
    319: "mental",
    389: "nervous system and senses",
    459: "circulatory",
    519: "respiratory",
    579: "digestive",
    629: "genitourinary",
    679: "pregnancy and childbirth",
    709: "skin",
    739: "musculoskeletal",
    759: "congenital",
    779: "perinatal",
    799: "symptoms and ill-defined",
    999: "injury and poisoning",
}
"""The last three-digit category of each chapter."""


def codes() -> Iterator[tuple[str, str, str]]:
    """Every code with its block and chapter."""
    for number in range(1, 1000):
        chapter = next(name for last, name in CHAPTERS.items() if number <= last)
        yield str(number), f"{number // 10:02d}x", chapter
    for fourth in range(10):
        for fifth in ("", "1", "2", "3"):
            yield f"250.{fourth}{fifth}", "25x", CHAPTERS[279]
    for number in range(1, 92):
        yield f"V{number:02d}", "V", "supplementary factors"
    for number in range(0, 1000):
        yield f"E{number}", "E", "external causes"


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("code", "block", "chapter"), *codes()])
