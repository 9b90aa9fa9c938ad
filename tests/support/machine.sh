# A new Debian 12, Debian 13 or Ubuntu 24.04 in a temporary folder, to be sourced by scripts that name it in `suite`.
# Makes the folder `machine`, which goes when the script ends, and defines in_machine. Exit code 77 means that it could
# not be made here, and the last line says why.
#
# Packages come from where the host's apt has them, with its proxy and certificates; those of another system from the
# same place, if that is an archive of the same kind, or from Ubuntu's own. The chroot lives in a mount namespace of its
# own, so that nothing stays mounted however this ends.
# shellcheck shell=sh disable=SC2154

skip() {
  echo "skipped: $*"
  exit 77
}
[ "$(id -u)" = 0 ] || skip 'root is needed'
command -v debootstrap >/dev/null || skip 'debootstrap is needed'
unshare --mount --pid --fork true 2>/dev/null || skip 'mount namespaces are not available'

case $suite in
  noble) origin=Ubuntu components=main,universe ;;
  *) origin=Debian components=main ;;
esac

# "<uri> <suite> <component>" of each of the host's package lists for this system. One Debian is where another is: an
# archive has them all, and its suites are named alike.
# shellcheck disable=SC2016
lists=$(apt-get indextargets --format '$(CREATED_BY) $(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
  awk -v suite="$suite" -v origin="$origin" '$1 == "Packages" && $2 == origin {
    pocket = ""
    if (match($4, /-(updates|security)$/)) pocket = substr($4, RSTART)
    base = substr($4, 1, length($4) - length(pocket))
    if (base ~ /^[a-z]+$/) print $3, suite pocket, $5
  }' | sort -u)
if [ -z "$lists" ] && [ "$origin" = Ubuntu ]; then
  for pocket in '' -updates -security; do
    for component in main universe; do
      lists="$lists
http://archive.ubuntu.com/ubuntu/ $suite$pocket $component"
    done
  done
fi
mirror=$(echo "$lists" | awk -v suite="$suite" '$2 == suite { print $1; exit }')
[ -n "$mirror" ] || skip "the host's apt knows no archive of $origin"

machine=$(mktemp -d)
chmod 755 "$machine" # apt downloads as a user of its own
trap 'rm -rf --one-file-system "$machine" "$machine.gpg"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
[ -z "${http_proxy:-}" ] || export http_proxy
[ -z "${https_proxy:-}" ] || export https_proxy

wget -q -T 30 -t 2 -O /dev/null "${mirror%/}/dists/$suite/Release" || skip "no $suite can be reached at $mirror"

# The key that signs Ubuntu's archive, where the host has none of its keys: by its fingerprint, from the archive itself.
keyring=
if [ "$origin" = Ubuntu ] && [ ! -e /usr/share/keyrings/ubuntu-archive-keyring.gpg ]; then
  command -v gpg >/dev/null || skip 'gpg is needed'
  package=pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb
  wget -q -T 30 -t 2 -O "$machine/keyring.deb" "${mirror%/}/$package" || skip "no $package at $mirror"
  dpkg-deb -x "$machine/keyring.deb" "$machine/keyring"
  keyring=$machine.gpg
  gpg --quiet --no-default-keyring --keyring "$machine/keyring/usr/share/keyrings/ubuntu-archive-keyring.gpg" \
    --export F6ECB3762474EDA9D21B7022871920D1991BC93C >"$keyring"
  [ -s "$keyring" ] || skip "the key of Ubuntu's archive is not in $package"
  rm -r "$machine/keyring.deb" "$machine/keyring"
fi
# An older debootstrap has no script for a newer system, and they are all the same.
script=/usr/share/debootstrap/scripts/$suite
if [ ! -e "$script" ]; then
  case $origin in
    Ubuntu) script=/usr/share/debootstrap/scripts/gutsy ;;
    *) script=/usr/share/debootstrap/scripts/sid ;;
  esac
fi

debootstrap --variant=minbase --components="$components" ${keyring:+--keyring="$keyring"} "$suite" "$machine" \
  "$mirror" "$script"
echo "$lists" | sed -n 's/^[^ ]/deb &/p' >"$machine/etc/apt/sources.list"
apt-config dump Acquire | grep -E '^Acquire::(https?|Check|Retries)[^ ]* "[^"]' >"$machine/etc/apt/apt.conf.d/99host" || true
for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
  [ ! -e "$file" ] || install -D -m 644 "$file" "$machine$file"
done
# Installed servers are not to be started: the tests start their own.
printf '#!/bin/sh\nexit 101\n' >"$machine/usr/sbin/policy-rc.d"
chmod +x "$machine/usr/sbin/policy-rc.d"

# in_machine <command>…: runs it in its /root, as a login of root would.
in_machine() {
  # $1 and "$@" are the inner shell's.
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --propagation private sh -euc '
    machine=$1
    shift
    mount -t proc proc "$machine/proc"
    mount --rbind /dev "$machine/dev"
    exec chroot "$machine" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
      sh -c "cd /root && exec \"\$@\"" sh "$@"' sh "$machine" "$@"
}
