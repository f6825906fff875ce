#!/usr/bin/env bash
# Installs the npm packages of the lock file; the pinned Node.js is one of them. Any Node.js with npm can start this.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
  echo "npm is missing: install Node.js 20 or newer with npm (on Debian: apt-get install nodejs npm)." >&2
  exit 1
fi
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64 | Linux-aarch64) ;;
  *)
    echo "This runs on Linux on x86_64 or arm64 only; here it is $(uname -s) on $(uname -m)." >&2
    exit 1
    ;;
esac

echo "npm packages: installing those of package-lock.json (about 20 s)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! npm ci --no-audit --no-fund --loglevel=error >"$log" 2>&1; then
  cat "$log" >&2
  echo "npm ci failed; see above." >&2
  exit 1
fi
