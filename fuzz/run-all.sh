#!/bin/bash
# Runs every fuzz target for a while, two at a time, seeded with the files of the corpus beside the project where it is there.
# Needs nightly Rust and cargo-fuzz (`cargo install cargo-fuzz`). What a target finds lies in fuzz/artifacts/TARGET.
#
#   fuzz/run-all.sh SECONDS [TARGET …]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
seconds=${1:?usage: fuzz/run-all.sh SECONDS [TARGET …]}
shift
corpus=${OPENGPMC_CORPUS:-../../shared/corpus}

# seeds TARGET: the names of files that make good seeds.
seeds() {
  case $1 in
  registry_pol) echo '*.pol' ;;
  gpt_ini) echo 'gpt.ini' ;;
  security_template) echo 'gpttmpl.inf' ;;
  ini_files) echo '*.ini' ;;
  audit_csv) echo '*.csv' ;;
  preferences) echo 'registry.xml groups.xml drives.xml scheduledtasks.xml services.xml printers.xml' ;;
  backup_index) echo 'manifest.xml bkupinfo.xml' ;;
  backup_xml) echo 'backup.xml' ;;
  report_xml) echo 'gpreport.xml' ;;
  rsop_report) echo 'gpresult*.xml' ;;
  admx) echo 'accountnotifications.admx activexinstallservice.admx' ;;
  adml) echo 'accountnotifications.adml activexinstallservice.adml' ;;
  policy_comments) echo 'comment.cmtx' ;;
  advertise_script) echo '*.aas' ;;
  migration_table) echo '*.migtable' ;;
  esac
}

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
cargo +nightly fuzz build || exit 1

run() {
  local target=$1 folder=corpus/$1 pattern
  mkdir -p "$folder"
  if [ -d "$corpus" ]; then
    for pattern in $(set -f; seeds "$target"); do
      find "$corpus" -type f -iname "$pattern" -size -64k | head -150 | while read -r file; do
        cp -n "$file" "$folder/seed-$(sha1sum <"$file" | cut -c1-16)"
      done
    done
  fi
  if cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
    >"/tmp/fuzz-$target.log" 2>&1; then
    echo "ok      $target: $(grep -a 'DONE' "/tmp/fuzz-$target.log" | tail -1)"
  else
    echo "FAILED  $target: $(grep -a -m1 -E 'panicked|SUMMARY|ERROR' "/tmp/fuzz-$target.log")"
  fi
}
export -f run seeds
export corpus seconds
printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -c 'run "$1"' _ {}
