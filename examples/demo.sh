#!/usr/bin/env bash
# The whole chain on a real table: examples/demo.sh FOLDER. Needs `synthcli` and the `examples` extra on the path.
set -euo pipefail

folder=${1:-demo}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"
export SYNTHCLI_LEDGER="$folder/ledger.sqlite"

step() { printf '\n$ %s\n' "$*" >&2; "$@"; }

step python "$here/fetch_covid_testing.py" "$folder/covid_testing.csv"
step synthcli profile "$folder/covid_testing.csv" --name covid_testing -o "$folder/schema.yaml" --force
synthcli ledger show covid_testing >/dev/null 2>&1 || step synthcli ledger init covid_testing --epsilon 10 --delta 1e-6
step synthcli fit "$folder/covid_testing.csv" --schema "$folder/schema.yaml" --epsilon 1 --delta 1e-9 \
    --audit-coins 0.1 -o "$folder/covid_testing.synth"
step synthcli sample "$folder/covid_testing.synth" --seed 7 -o "$folder/synthetic.csv" --force
step synthcli audit "$folder/covid_testing.csv" "$folder/synthetic.csv" --model "$folder/covid_testing.synth" \
    -o "$folder/audit.json" --exit-zero --force
step synthcli report --model "$folder/covid_testing.synth" --audit "$folder/audit.json" -o "$folder/report.html" --force
step synthcli ledger show covid_testing

printf '\nThe report: %s\n' "$(cd "$folder" && pwd)/report.html"
