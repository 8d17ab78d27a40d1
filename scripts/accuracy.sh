#!/usr/bin/env bash
# Measures how good the models are on MovieLens 100k, beside published figures, and writes docs/ACCURACY.md.
# MovieLens 100k comes from the Python package recbole 1.2.1, which carries it; nothing of it is kept.
#
#   scripts/accuracy.sh [--program FILE] [--wheel FILE] [--seeds N] [--ncf DIR] [--write]
#
#   --program FILE   a built `cineswarm`, instead of building it here
#   --wheel FILE     the wheel of recbole 1.2.1, instead of downloading it with pip
#   --seeds N        how many times the ranking part divides the ratings [default: 5]
#   --ncf DIR        measure MovieLens 1M as well, on the files ml-1m.train.rating, ml-1m.test.rating and
#                    ml-1m.test.negative of the NCF repository (hexiangnan/neural_collaborative_filtering, folder Data)
#   --write          put the result into docs/ACCURACY.md as well as on standard output
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

program=
wheel=
seeds=5
ncf=
write=
while [ $# -gt 0 ]; do
    case $1 in
        --program) program=$(realpath "${2:?--program needs a file}"); shift 2 ;;
        --wheel) wheel=$(realpath "${2:?--wheel needs a file}"); shift 2 ;;
        --seeds) seeds=${2:?--seeds needs a number}; shift 2 ;;
        --ncf) ncf=$(realpath "${2:?--ncf needs a folder}"); shift 2 ;;
        --write) write=yes; shift ;;
        --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
        *) echo "accuracy.sh: unknown argument $1; see scripts/accuracy.sh --help" >&2; exit 2 ;;
    esac
done
cd "$root"

target=${CARGO_TARGET_DIR:-target}
if [ -z "$program" ]; then
    cargo build --release -p cineswarm >&2
    program=$target/release/cineswarm
fi
mkdir -p "$target"
work=$(mktemp -d "$target/accuracy.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ -z "$wheel" ]; then
    python3 -m pip download --quiet --no-deps --dest "$work" recbole==1.2.1 >&2
    wheel=$(echo "$work"/recbole-1.2.1-*.whl)
fi
python3 -m zipfile -e "$wheel" "$work/wheel"
from=$work/wheel/recbole/dataset_example/ml-100k
mkdir "$work/ml-100k"
{
    echo userId,movieId,rating,timestamp
    awk -F '\t' 'NR > 1 { print $1 "," $2 "," $3 "," $4 }' "$from/ml-100k.inter"
} >"$work/ml-100k/ratings.csv"
{
    echo movieId,title,genres
    awk -F '\t' 'NR > 1 { gsub(/"/, "\"\"", $2); gsub(/ /, "|", $4); print $1 ",\"" $2 " (" $3 ")\"," $4 }' "$from/ml-100k.item"
} >"$work/ml-100k/movies.csv"
export DATA_DIR=$work/data DATASET=ml-100k
"$program" data import "$work/ml-100k" >&2

# row TABLE LABEL PUBLISHED AIM MODEL METRICS ARGUMENT...: evaluates a model. What was published is as the table has it;
# the aim is a list of "METRIC<=VALUE" or "METRIC>=VALUE", or "-". The same ARGUMENTs divide the ratings in the same way.
row() {
    local table=$1 label=$2 published=$3 aim=$4 model=$5 metrics=$6 number command
    shift 6
    number=$(($(wc -l <"$work/rows") + 1))
    command="cineswarm evaluate --models $model --metrics $metrics $*"
    echo "accuracy.sh: $command" >&2
    "$program" evaluate --models "$model" --metrics "$metrics" "$@" --json >"$work/$number.json"
    printf '%s\t%s\t%s\t%s\t%s\n' "$table" "$label" "$published" "$aim" "${command//$work\//}" >>"$work/rows"
}
: >"$work/rows"

ratings() { row ratings "$1" "$2" "$3" "$4" rmse,mae --folds 5 "${@:5}"; }
ranking() { row ranking "$1" "$2" "$3" "$4" ndcg@10,recall@10,hr@10 --protocol random-holdout --seeds "$seeds" "${@:5}"; }

ratings "baseline" ".944 / .748" "rmse<=0.947 mae<=0.751" baseline
ratings "kNN with means" ".951 / .749" "rmse<=0.954 mae<=0.752" knn-means
ratings "kNN baseline" ".918 / .720" "rmse<=0.921 mae<=0.723" knn-baseline
ratings "ALS with biases" "" "-" als
ratings "Bayesian factors, the best single model" "" "rmse<0.915" bpmf
ratings "blend" "" "rmse<0.905" blend

ranking "popularity" .222 "ndcg@10>=0.212" popularity
ranking "item kNN, cosine, k 100" .389 "ndcg@10>=0.379" item-knn \
    --set item-knn.weighting=ones --set item-knn.profile=ones --set item-knn.asymmetry=0.5 --set item-knn.k=100
ranking "item kNN, TF-IDF, k 300" .412 "ndcg@10>=0.402" item-knn \
    --set item-knn.weighting=tf_idf --set item-knn.asymmetry=0.5 --set item-knn.k=300
ranking "user kNN, cosine, k 50" .395 "ndcg@10>=0.385" user-knn \
    --set user-knn.weighting=ones --set user-knn.votes=ones --set user-knn.asymmetry=0.5 \
    --set user-knn.amplification=1 --set user-knn.k=50
ranking "implicit ALS, 32 factors" .417 "ndcg@10>=0.407" ials --set ials.factors=32
ranking "EASE" .445 "ndcg@10>=0.435" ease
ranking "hybrid" "" "ndcg@10>0.455" hybrid
for model in item-knn user-knn ials rp3beta graph content; do
    ranking "$model, as it is set by default" "" "-" "$model"
done

if [ -n "$ncf" ]; then
    files=(--train "$ncf/ml-1m.train.rating" --test "$ncf/ml-1m.test.rating" --negatives "$ncf/ml-1m.test.negative")
    row ncf "user kNN" ".671 / .391" "hr@10>=0.671 ndcg@10>=0.391" user-knn hr@10,ndcg@10 "${files[@]}" \
        --set user-knn.weighting=tf_idf --set user-knn.k=250 --set user-knn.amplification=4
    row ncf "item kNN" ".660 / .390" "hr@10>=0.660 ndcg@10>=0.390" item-knn hr@10,ndcg@10 "${files[@]}"
    row ncf "implicit ALS" ".731 / .452" "hr@10>=0.731 ndcg@10>=0.452" ials hr@10,ndcg@10 "${files[@]}" \
        --set ials.factors=384 --set ials.iterations=16
fi

commit=$(git rev-parse --short HEAD 2>/dev/null || echo "an unknown commit")
python3 - "$work" "$commit" "$seeds" >"$work/result.md" <<'PYTHON'
import json, operator, re, sys

work, commit, seeds = sys.argv[1:]
HOLDS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
TITLES = {
    "ratings": "MovieLens 100k, prediction of ratings, 5 folds",
    "ranking": f"MovieLens 100k, ranking of all unseen films, 80/20 of each user, {seeds} seeds",
    "ncf": "MovieLens 1M, the last film among 99, files of NCF",
}


def shown(entry, metric):
    value, deviation = entry["metrics"][metric], entry.get("deviation", {}).get(metric)
    if value is None:
        return "-"
    return f"{value:.4f}" + (f" ± {deviation:.4f}" if deviation is not None else "")


def verdict(entry, aim):
    if aim == "-":
        return ""
    for part in aim.split():
        metric, sign, bound = re.fullmatch(r"(\S+?)([<>]=?)(\S+)", part).groups()
        value = entry["metrics"][metric]
        # With as many digits as the figure that it is held against was published with.
        if value is None or not HOLDS[sign](round(value, len(bound.partition(".")[2])), float(bound)):
            return "**missed**"
    return "met"


tables = {}
for number, line in enumerate(open(f"{work}/rows"), 1):
    table, label, published, aim, command = line.rstrip("\n").split("\t")
    (entry,) = json.load(open(f"{work}/{number}.json"))
    tables.setdefault(table, []).append((label, published, aim, command, entry))
print(f"Measured at {commit}.")
for table, rows in tables.items():
    metrics = list(rows[0][4]["metrics"])
    print(f"\n### {TITLES[table]}\n")
    print("| model | published | " + " | ".join(metrics) + " | aim | | training, s |")
    print("|---|---:|" + "---:|" * len(metrics) + "---|---|---:|")
    for label, published, aim, _, entry in rows:
        values = " | ".join(shown(entry, metric) for metric in metrics)
        goal = "" if aim == "-" else aim.replace("<=", " ≤ ").replace(">=", " ≥ ").replace("<", " < ").replace(">", " > ")
        goal = goal.replace(" mae", ", mae").replace(" ndcg@10 ≥", ", ndcg@10 ≥") if table != "ranking" else goal
        print(f"| {label} | {published} | {values} | {goal} | {verdict(entry, aim)} | {entry['seconds']['training']:.1f} |")
    print("\nWith, in the order of the table:\n")
    for *_, command, _ in rows:
        print(f"    {command}")
PYTHON

cat "$work/result.md"
if [ -n "$write" ]; then
    python3 - docs/ACCURACY.md "$work/result.md" <<'PYTHON'
import sys

document, result = sys.argv[1:]
text = open(document).read()
begin, end = "<!-- accuracy:begin -->\n", "<!-- accuracy:end -->"
head, rest = text.split(begin)
_, tail = rest.split(end)
open(document, "w").write(head + begin + open(result).read() + end + tail)
PYTHON
fi
