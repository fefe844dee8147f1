#!/bin/sh
# Installs what `make browser` tests with where it is missing, and says in one line what there is: Debian's Chromium and its
# driver, and the rules that pages are judged by. The tests run browsers of their own, with profiles of their own.
set -eu
cd "$(dirname "$0")/../.."
environment=.tools/browser

missing=
[ -x /usr/bin/chromium ] || missing="$missing chromium"
[ -x /usr/bin/chromedriver ] || missing="$missing chromium-driver"
# Pages are shown in the fonts of the machine, and without any there is nothing to read.
[ -d /usr/share/fonts/truetype/dejavu ] || missing="$missing fonts-dejavu-core"
command -v npm >/dev/null || missing="$missing npm"

if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "make browser needs these packages: install them as root, on Debian with apt-get install$missing" >&2
        exit 1
    fi
    apt-get update >&2
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove $missing >&2
fi

done="nothing new"
[ -z "$missing" ] || done="installed$missing"
if ! cmp -s tests/browser/package-lock.json "$environment/installed"; then
    mkdir -p "$environment"
    cp tests/browser/package.json tests/browser/package-lock.json "$environment"
    npm ci --prefix "$environment" --ignore-scripts --no-audit --no-fund --loglevel error >&2
    cp tests/browser/package-lock.json "$environment/installed"
    done="$done, made $environment"
fi
version=$(sed -n 's/^  "version": "\(.*\)".*/\1/p' "$environment/node_modules/axe-core/package.json")
echo "Browser: $(chromedriver --version | cut -d ' ' -f 1,2), axe-core $version ($done)"
