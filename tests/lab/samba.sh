#!/bin/bash
# A disposable Active Directory for the live tests: a real Samba AD DC on loopback.
#
#   tests/lab/samba.sh up [--multi]    install what is missing, make the domain, start it, wait until it answers
#   tests/lab/samba.sh down            stop it and take its traces off the machine
#   tests/lab/samba.sh reset           back to the state after `up`
#   tests/lab/samba.sh seed N          add 1,000 OUs, N GPOs with content, users, groups, computers, filters, sites
#   tests/lab/samba.sh status          what runs, and how to reach it
#   tests/lab/samba.sh run COMMAND …   run a command where the lab can be reached, with its variables set
#
# `up` writes $OPENGPMC_LAB_DIR/env, which the live tests read:  . /tmp/opengpmc-lab/env && cargo test --test live
# Needs root and a file system with extended attributes. One DC sits on 127.0.0.2. With --multi, a second DC and a second
# forest with a trust live in a network namespace of their own, reached with `run`.
#
# Variables: OPENGPMC_LAB_DIR (where), OPENGPMC_LAB_STRONG_AUTH (yes | allow_sasl_over_tls; Samba's default is yes).
set -euo pipefail

lab=${OPENGPMC_LAB_DIR:-/tmp/opengpmc-lab}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
strong_auth=${OPENGPMC_LAB_STRONG_AUTH:-yes}
namespace=opengpmc-lab
realm=CORP.EXAMPLE.COM domain=corp.example.com netbios=CORP
partner_realm=PARTNER.EXAMPLE.ORG partner_domain=partner.example.org partner_netbios=PARTNER
# Passwords of throw-away test domains that listen on loopback only.
admin_password='Lab-Admin-2026' user_password='Lab-User-2026'
python=/usr/bin/python3
hosts_mark='# opengpmc-lab'

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 1; }

multi() { [ -e "$lab/multi" ]; }

# The address of a DC: dc1 stands on loopback, or on a namespace's own network when there are several.
address() {
  if multi; then
    case $1 in dc1) echo 10.53.0.2 ;; dc2) echo 10.53.0.3 ;; pdc1) echo 10.53.0.4 ;; esac
  else
    echo 127.0.0.2
  fi
}

in_lab() { if multi; then ip netns exec "$namespace" "$@"; else "$@"; fi; }

install_packages() {
  local missing=() command
  for command in samba:samba samba-tool:samba ldbsearch:ldb-tools smbclient:smbclient kinit:krb5-user ldapsearch:ldap-utils \
      winbindd:winbind setfattr:attr setfacl:acl zstd:zstd openssl:openssl ip:iproute2; do
    command -v "${command%%:*}" >/dev/null || missing+=("${command##*:}")
  done
  [ -e /usr/share/samba/setup/provision.ldif ] || missing+=(samba-ad-provision)
  $python -c 'import samba' 2>/dev/null || missing+=(python3-samba)
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "these programs are missing and there is no apt-get to install them: ${missing[*]}"
  say "installing Samba"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends samba samba-ad-provision samba-ad-dc winbind \
    ldb-tools smbclient krb5-user ldap-utils python3-samba samba-dsdb-modules samba-vfs-modules libsasl2-modules-gssapi-mit \
    attr acl zstd openssl iproute2 >/dev/null
}

# Tells members of the domain of its accounts, through winbind. Not installed but unpacked: the package changes /etc/nsswitch.conf. Without it
# one test of the members says so.
fetch_account_source() {
  mkdir -p "$lab/nss"
  if (cd "$lab/nss" && apt-get download -qq libnss-winbind && dpkg-deb -x libnss-winbind_*.deb .) >/dev/null 2>&1; then
    mv "$lab"/nss/lib/*/libnss_winbind.so.2 "$lab/nss"
  else
    say "libnss-winbind cannot be fetched: nothing is compared with samba-gpupdate"
  fi
}

# options NAME ADDRESS: what every DC of the lab is set up with.
options() {
  local dir=$lab/$1
  printf -- '--option=%s\n' "interfaces=$(if multi; then echo "$2/24"; else echo "$2/8"; fi)" "bind interfaces only=yes" "pid directory=$dir/run" \
    "ncalrpc dir=$dir/run/ncalrpc" "ntp signd socket directory=$dir/run/ntp_signd" "log file=$dir/log/%m.log" \
    "dns forwarder=" "disable netbios=yes" "smb ports=445" "load printers=no" "printcap name=/dev/null" "disable spoolss=yes" \
    "ldap server require strong auth=$strong_auth" "dns update command=/bin/true" "gpo update command=/bin/true" "ldb:nosync=true"
}

make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=OpenGPMC test CA' \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$lab/ca-key.pem" -out "$lab/ca.pem" 2>/dev/null
}

# make_certificate NAME DOMAIN ADDRESS
make_certificate() {
  local tls=$lab/$1/private/tls
  mkdir -p "$tls"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1.$2" -keyout "$tls/key.pem" -out "$tls/request.pem" 2>/dev/null
  openssl x509 -req -in "$tls/request.pem" -CA "$lab/ca.pem" -CAkey "$lab/ca-key.pem" -CAcreateserial -days 30 -out "$tls/cert.pem" \
    -extfile <(printf 'subjectAltName=DNS:%s.%s,DNS:%s,IP:%s\nextendedKeyUsage=serverAuth\n' "$1" "$2" "$2" "$3") 2>/dev/null
  cp "$lab/ca.pem" "$tls/ca.pem"
  chmod 600 "$tls/key.pem"
}

provision() { # NAME REALM NETBIOS
  local name=$1 ip; ip=$(address "$1")
  mkdir -p "$lab/$name/run" "$lab/$name/log"
  local -a extra; mapfile -t extra < <(options "$name" "$ip")
  samba-tool domain provision -s "$lab/empty.conf" --targetdir="$lab/$name" --realm="$2" --domain="$3" --adminpass="$admin_password" \
    --server-role=dc --dns-backend=SAMBA_INTERNAL --use-rfc2307 --host-name="$name" --host-ip="$ip" "${extra[@]}" \
    >"$lab/$name/provision.log" 2>&1 || { tail -20 "$lab/$name/provision.log" >&2; die "provisioning $name failed"; }
  make_certificate "$name" "${2,,}" "$ip"
  samba-tool domain passwordsettings set -H "$lab/$name/private/sam.ldb" -s "$lab/$name/etc/smb.conf" --complexity=off --max-pwd-age=0 \
    >>"$lab/$name/provision.log" 2>&1
}

start_dc() {
  local name=$1 dir=$lab/$1
  mkdir -p "$dir/run/socket" "$dir/log" /run/samba
  rm -f "$dir/run/samba.pid"
  # Clients of winbind look in /run/samba only: each DC gets its own behind that name.
  in_lab setsid unshare -m --propagation private sh -c 'mount --bind "$1" /run/samba && shift && exec "$@"' sh "$dir/run/socket" \
    samba -F -s "$dir/etc/smb.conf" --no-process-group --debug-stdout </dev/null >"$dir/log/samba.out" 2>&1 &
  disown
}

wait_for_dc() {
  local name=$1 ip attempt; ip=$(address "$1")
  for attempt in $(seq 150); do
    if in_lab timeout 5 ldapsearch -x -H "ldap://$ip" -s base -b '' dnsHostName >/dev/null 2>&1 &&
      in_lab timeout 5 smbclient -s "$lab/empty.conf" -N -L "//$ip" >/dev/null 2>&1; then
      return
    fi
    sleep 0.2
  done
  tail -20 "$lab/$name/log/samba.out" >&2
  die "$name does not answer"
}

# The records ldap/… and GC/… of a fresh DC are written shortly after its start; Kerberos needs them.
wait_for_names() {
  local name=$1 attempt
  for attempt in $(seq 100); do
    if ldbsearch -H "$lab/$name/private/sam.ldb" "(servicePrincipalName=ldap/$name.$2)" dn 2>/dev/null | grep -q '^dn:'; then return; fi
    sleep 0.2
  done
  die "$name has not registered its service names"
}

# The processes of a DC: all that were started with its own configuration file. Helpers as smbd and winbindd have sessions of their own, and
# outlive the one that started them.
processes() { # NAME
  local file
  for file in /proc/[0-9]*/cmdline; do
    # One may end while we look.
    if { tr '\0' '\n' <"$file"; } 2>/dev/null | grep -qxF -e "$lab/$1/etc/smb.conf" -e "--configfile=$lab/$1/etc/smb.conf"; then
      file=${file#/proc/}
      echo "${file%/cmdline}"
    fi
  done
}

stop_dc() {
  local pids _
  mapfile -t pids < <(processes "$1")
  [ ${#pids[@]} -gt 0 ] || return 0
  kill "${pids[@]}" 2>/dev/null || true
  for _ in $(seq 100); do
    mapfile -t pids < <(processes "$1")
    [ ${#pids[@]} -gt 0 ] || return 0
    sleep 0.1
  done
  kill -9 "${pids[@]}" 2>/dev/null || true
}

dcs() { if multi; then echo dc1 dc2 pdc1; else echo dc1; fi; }

start_all() { local name; for name in $(dcs); do start_dc "$name"; done; for name in $(dcs); do wait_for_dc "$name"; done; }

stop_all() { local name; for name in $(dcs); do stop_dc "$name"; done; }

make_network() {
  if multi; then
    ip netns add "$namespace" 2>/dev/null || true
    ip netns exec "$namespace" ip link set lo up
    local name
    for name in $(dcs); do ip netns exec "$namespace" ip addr add "$(address "$name")/24" dev lo 2>/dev/null || true; done
    mkdir -p "/etc/netns/$namespace"
    { grep -v "$hosts_mark" /etc/hosts; host_lines; } >"/etc/netns/$namespace/hosts"
    echo "nameserver $(address dc1)" >"/etc/netns/$namespace/resolv.conf"
  else
    remove_hosts
    host_lines >>/etc/hosts
  fi
}

host_lines() {
  echo "$(address dc1) dc1.$domain dc1 $hosts_mark"
  if multi; then
    echo "$(address dc2) dc2.$domain dc2 $hosts_mark"
    echo "$(address pdc1) pdc1.$partner_domain pdc1 $hosts_mark"
  fi
}

# /etc/hosts may be a mount of its own (containers): it is rewritten in place, never replaced.
remove_hosts() {
  grep -q "$hosts_mark" /etc/hosts || return 0
  local kept; kept=$(grep -v "$hosts_mark" /etc/hosts)
  printf '%s\n' "$kept" >/etc/hosts
}

write_krb5_conf() {
  cat >"$lab/krb5.conf" <<END
[libdefaults]
 default_realm = $realm
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 dns_canonicalize_hostname = false
 udp_preference_limit = 1
[realms]
 $realm = {
  kdc = $(address dc1):88
 }
$(if multi; then printf ' %s = {\n  kdc = %s:88\n }\n' "$partner_realm" "$(address pdc1)"; fi)
[domain_realm]
 .$domain = $realm
 $domain = $realm
$(if multi; then printf ' .%s = %s\n %s = %s\n' "$partner_domain" "$partner_realm" "$partner_domain" "$partner_realm"; fi)
END
}

write_env() {
  {
    echo "export OPENGPMC_LAB_ENV=$lab/env"
    echo "export OPENGPMC_LAB_HOST=dc1.$domain"
    echo "export OPENGPMC_LAB_ADDRESS=$(address dc1)"
    echo "export OPENGPMC_LAB_DOMAIN=$domain"
    echo "export OPENGPMC_LAB_REALM=$realm"
    echo "export OPENGPMC_LAB_NETBIOS=$netbios"
    echo "export OPENGPMC_LAB_DNS=$(address dc1)"
    echo "export OPENGPMC_LAB_USER=Administrator"
    echo "export OPENGPMC_LAB_PASSWORD='$admin_password'"
    echo "export OPENGPMC_LAB_PLAIN_USER=plain"
    echo "export OPENGPMC_LAB_EDITOR_USER=editor"
    echo "export OPENGPMC_LAB_CREATOR_USER=creator"
    echo "export OPENGPMC_LAB_USER_PASSWORD='$user_password'"
    echo "export OPENGPMC_LAB_CA=$lab/ca.pem"
    echo "export OPENGPMC_LAB_STRONG_AUTH=$strong_auth"
    echo "export KRB5_CONFIG=$lab/krb5.conf"
    if multi; then
      echo "export OPENGPMC_LAB_SECOND_HOST=dc2.$domain"
      echo "export OPENGPMC_LAB_PARTNER_HOST=pdc1.$partner_domain"
      echo "export OPENGPMC_LAB_PARTNER_DOMAIN=$partner_domain"
      echo "export OPENGPMC_LAB_PARTNER_REALM=$partner_realm"
    fi
  } >"$lab/env"
}

# Accounts of the tests: a plain user, one that may edit a single GPO, one that may create GPOs on Windows.
make_accounts() {
  local account
  for account in plain editor creator; do
    samba-tool user create "$account" "$user_password" -H "$lab/dc1/private/sam.ldb" -s "$lab/dc1/etc/smb.conf" >/dev/null
  done
  samba-tool group addmembers 'Group Policy Creator Owners' creator -H "$lab/dc1/private/sam.ldb" -s "$lab/dc1/etc/smb.conf" >/dev/null
}

join_second_dc() {
  local ip; ip=$(address dc2)
  mkdir -p "$lab/dc2/run/socket" "$lab/dc2/log"
  local -a extra; mapfile -t extra < <(options dc2 "$ip")
  KRB5_CONFIG=$lab/krb5.conf in_lab samba-tool domain join "$domain" DC -s "$lab/empty.conf" --targetdir="$lab/dc2" --server="dc1.$domain" \
    -U "$netbios\\Administrator%$admin_password" --dns-backend=SAMBA_INTERNAL --option="netbios name=dc2" "${extra[@]}" \
    >"$lab/dc2/join.log" 2>&1 || { tail -20 "$lab/dc2/join.log" >&2; die "joining dc2 failed"; }
  make_certificate dc2 "$domain" "$ip"
}

make_trust() {
  # Each DC must find the other forest: both ask dc1's side through a static record of their hosts file.
  KRB5_CONFIG=$lab/krb5.conf in_lab unshare -m --propagation private sh -c 'mount --bind "$1" /run/samba && shift && exec "$@"' sh "$lab/dc1/run/socket" \
    samba-tool domain trust create "$partner_domain" --type=forest --direction=both --create-location=both \
    -U "$partner_netbios\\Administrator%$admin_password" --local-dc-username="$netbios\\Administrator" --local-dc-password="$admin_password" \
    --local-dc-ipaddress="$(address dc1)" --ipaddress="$(address pdc1)" -s "$lab/dc1/etc/smb.conf" --skip-validation \
    >"$lab/trust.log" 2>&1 || { tail -5 "$lab/trust.log" >&2; die "the trust could not be made"; }
}

archive() {
  rm -f "$lab/clean.tar.zst"
  tar -C "$lab" --xattrs --xattrs-include='*' --acls --exclude=run --exclude=log -cf - $(dcs) 2>/dev/null | zstd -q -o "$lab/clean.tar.zst"
}

case ${1:-} in
up)
  [ "$(id -u)" = 0 ] || die "must be run as root: a domain controller needs its ports and file attributes"
  [ ! -e "$lab" ] || "$0" down
  install_packages
  rm -rf "$lab"
  mkdir -p "$lab"
  : >"$lab/empty.conf"
  fetch_account_source
  if [ "${2:-}" = --multi ]; then touch "$lab/multi"; fi
  make_ca
  make_network
  write_krb5_conf
  provision dc1 $realm $netbios
  make_accounts
  if multi; then provision pdc1 $partner_realm $partner_netbios; fi
  start_dc dc1; wait_for_dc dc1; wait_for_names dc1 $domain
  if multi; then
    start_dc pdc1; wait_for_dc pdc1
    join_second_dc; start_dc dc2; wait_for_dc dc2
    make_trust
  fi
  write_env
  stop_all
  archive
  start_all
  say "ready: . $lab/env"
  ;;
down)
  [ -e "$lab" ] || exit 0
  stop_all
  remove_hosts
  if multi; then ip netns del "$namespace" 2>/dev/null || true; rm -rf "/etc/netns/$namespace"; fi
  rm -rf "$lab"
  ;;
reset)
  [ -e "$lab/clean.tar.zst" ] || die "no lab: run up first"
  stop_all
  for name in $(dcs); do rm -rf "${lab:?}/$name"; mkdir -p "$lab/$name/run" "$lab/$name/log"; done
  zstd -dqc "$lab/clean.tar.zst" | tar -C "$lab" --xattrs --xattrs-include='*' --acls -xpf -
  start_all
  ;;
seed)
  [ -e "$lab/env" ] || die "no lab: run up first"
  [[ ${2:-} =~ ^[0-9]+$ ]] || die "how many GPOs? seed N"
  $python "$here/seed.py" "$lab/dc1" "$domain" "$2"
  ;;
status)
  [ -e "$lab/env" ] || { echo "no lab"; exit 1; }
  for name in $(dcs); do
    if kill -0 "$(cat "$lab/$name/run/samba.pid" 2>/dev/null || echo 0)" 2>/dev/null; then state=running; else state=stopped; fi
    echo "$name $(address "$name") $state"
  done
  cat "$lab/env"
  ;;
run)
  [ -e "$lab/env" ] || die "no lab: run up first"
  shift
  # shellcheck disable=SC1091
  . "$lab/env"
  in_lab "$@"
  ;;
*)
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
  ;;
esac
