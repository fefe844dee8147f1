#!/bin/sh
# Installs what `make peers` tests against where it is missing, and says in one line what there is. No daemon is started
# and no mail server of the machine is configured: the tests run instances of their own.
set -eu
cd "$(dirname "$0")/../.."
environment=.tools/peers
rules=/usr/sbin/policy-rc.d

missing=
[ -x /usr/sbin/postfix ] || missing="$missing postfix"
command -v spamassassin >/dev/null || missing="$missing spamassassin"
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"

if [ -n "$missing" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "make peers needs these packages: install them as root, on Debian with apt-get install$missing" >&2
        exit 1
    fi
    # Where nothing forbids it yet, Debian's packages start their daemons.
    if [ ! -e "$rules" ]; then
        trap 'rm -f "$rules"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$rules"
        chmod 755 "$rules"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update >&2
    case $missing in *postfix*)
        apt-get install -y --no-install-recommends --no-remove debconf >&2
        echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
        ;;
    esac
    # shellcheck disable=SC2086
    apt-get install -y --no-install-recommends --no-remove $missing >&2 || {
        echo "make peers could not install$missing; Postfix is not installed in place of another mail server" >&2
        exit 1
    }
fi

done="nothing new"
[ -z "$missing" ] || done="installed$missing"
if ! cmp -s tests/peers/requirements.txt "$environment/installed"; then
    python3 -m venv --clear "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/peers/requirements.txt >&2
    cp tests/peers/requirements.txt "$environment/installed"
    done="$done, made $environment"
fi
echo "Peers: Postfix $(/usr/sbin/postconf -d -h mail_version), aiosmtpd, SpamAssassin ($done)"
