#!/bin/bash
# The whole check of OpenGPMC: installs what a fresh Debian machine lacks, then runs the formatter, the lints, the licence
# check, the documentation build and every test suite with every feature: library, console and live Samba domain.
# Prints one summary. What cannot be installed here is named, and the rest runs.
#
#   ./test.sh            everything
#   ./test.sh --no-lab   without the live Samba suite
#
# `cargo test` alone needs neither a server nor a screen nor this script.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

with_lab=yes
case ${1:-} in
'') ;;
--no-lab) with_lab=no ;;
*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
esac

results=()
failed=0

# step NAME COMMAND …: runs a step and remembers how it ended.
step() {
  local name=$1 start=$SECONDS status
  shift
  echo; echo "=== $name"
  "$@"; status=$?
  if [ $status = 0 ]; then results+=("ok       $name ($((SECONDS - start)) s)"); else results+=("FAILED   $name"); failed=1; fi
  return $status
}

skip() { results+=("skipped  $1: $2"); echo; echo "=== $1 skipped: $2"; }

# Debian packages by what they are for.
screen_packages=(xvfb xdotool imagemagick mesa-vulkan-drivers libvulkan1 libgl1 libgl1-mesa-dri libx11-6 libx11-xcb1 libxcursor1 libxi6
  libxcb1 libxkbcommon0 libxkbcommon-x11-0 libfontconfig1)
kerberos_packages=(libkrb5-dev pkg-config clang libclang-dev krb5-user)
# Operations are broken off at each of their system calls with it.
tracing_packages=(strace)
# Results of Group Policy are collected through a real SSH server on loopback.
ssh_packages=(openssh-client openssh-server)

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "missing and not installable by this user: ${missing[*]}"
    return 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

export CARGO_TERM_COLOR=never
features=--all-features

install_packages "${screen_packages[@]}" || skip "screen packages" "the window tests and image snapshots that need them will say so"
install_packages "${tracing_packages[@]}" || skip "strace" "operations are not broken off at system calls; the tests say so"
install_packages "${ssh_packages[@]}" || skip "SSH" "no results are collected through a real server; the tests say so"
if ! install_packages "${kerberos_packages[@]}"; then
  features=
  skip "feature system-kerberos" "needs the Kerberos headers and clang; testing the default features"
fi

# For every platform, so that what follows needs no network.
step "fetch every dependency" cargo fetch --locked
step "format" cargo fmt --check
step "tests compile" cargo test $features --no-run
step "lints" cargo clippy $features --all-targets -- -D warnings
step "command line without the console" cargo check --no-default-features --lib --bins
RUSTDOCFLAGS="-D warnings" step "documentation" cargo doc $features --no-deps

if ! command -v cargo-deny >/dev/null; then
  step "install cargo-deny" cargo install --quiet --locked cargo-deny
fi
if command -v cargo-deny >/dev/null; then
  step "licences and sources" cargo deny --offline $features check licenses bans sources
  if cargo deny fetch >/dev/null 2>&1; then
    step "security advisories" cargo deny check advisories
  else
    skip "security advisories" "the advisory database cannot be reached from here"
  fi
else
  skip "licences and sources" "cargo-deny could not be installed"
fi

# Some programs expect a folder for their sockets; a fresh machine without a session has none.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  XDG_RUNTIME_DIR=$(mktemp -d)
  export XDG_RUNTIME_DIR
fi

step "tests: library and command line" cargo test $features --lib --bins --test library --test object_model
if command -v python3 >/dev/null || install_packages python3; then
  step "reports compared with Microsoft's" python3 tests/fidelity/run.py target/debug/opengpmc
  step "checkers of backup sets" python3 -B -m unittest discover -s tests/interchange
else
  skip "reports compared with Microsoft's, checkers of backup sets" "needs Python 3"
fi
step "tests: documentation examples" cargo test $features --doc
step "tests: console" cargo test $features --test gui

if [ $with_lab = no ]; then
  skip "tests: live domain" "switched off"
elif [ "$(id -u)" != 0 ]; then
  skip "tests: live domain" "a domain controller needs root"
else
  export OPENGPMC_LAB_DIR=${OPENGPMC_LAB_DIR:-$(mktemp -d /tmp/opengpmc-lab.XXXXXX)}
  rmdir "$OPENGPMC_LAB_DIR" 2>/dev/null
  if step "start the Samba domain" tests/lab/samba.sh up; then
    step "tests: live domain" tests/lab/samba.sh run cargo test $features --test live
    step "tests: object model in the live domain" tests/lab/samba.sh run cargo test $features --test object_model
  fi
  tests/lab/samba.sh down
fi

echo; echo "=== summary"
printf '%s\n' "${results[@]}"
if [ $failed = 0 ]; then echo "all passed"; else echo "something failed"; fi
exit $failed
