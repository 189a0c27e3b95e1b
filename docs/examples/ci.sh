#!/bin/sh
# Fails if restarts are slower than they were at a commit, in any CI with a shell, and keeps
# what was measured. Run it at the top of the repository.
set -eu
base=${1:?usage: ci.sh BASE [HISTORY]}
history=${2:-results/history.sqlite3}

scripts/setup
code=0
RESTARTBENCH_BASE=$base scripts/regress --parent --also junit=regress.xml || code=$?
case $code in
  0 | 3)
    # Nothing is there if only documentation changed.
    for file in build/regress/results/base-1.json build/regress/results/head-1.json; do
      if [ -e "$file" ]; then scripts/history --file "$history" add "$file"; fi
    done
    ;;
  77) code=0 ;; # nothing to compare with here, as it said
esac
exit "$code"
