# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those that read this file
#
# What the virtual hosts are made of.  A change of this file, or of image, makes
# new ones.

# Both have the smallest kernel that Debian builds, and a stock sshd.
#   bookworm: Linux 6.1, OpenSSH 9.2, systemd 252
#   trixie:   Linux 6.12, OpenSSH 10.0 (sshd-session), systemd 257
vm_suites='bookworm trixie'

vm_packages='
	linux-image-cloud-amd64 systemd systemd-sysv udev kmod dbus libpam-systemd libnss-systemd
	openssh-server openssh-client cron at
	e2fsprogs erofs-utils xfsprogs iproute2 nftables procps psmisc perl expect socat rsync strace gdb python3 busybox-static
	git tmux screen xauth sshpass zsh fish csh sudo libcap2-bin
	attr zstd squashfs-tools jq umoci mmdebstrap nfs-kernel-server nfs-common
	build-essential debhelper dpkg-dev fakeroot
	gcc make libc6-dev libpam0g-dev libcap-dev libseccomp-dev libinih-dev libmnl-dev libnftables-dev musl-tools'

# Timers and consoles that would take the emulated processor from the tests.
vm_masked='
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service
	systemd-timesyncd.service'

# Servers that a test starts when it needs them; at boot they would only take time.
vm_idle='nfs-server.service nfs-blkmap.service nfs-client.target rpcbind.service rpcbind.socket'

# Older emulators break the flags at cmpxchg16b and take twice the time for a fork.
vm_emulator_suite=trixie
vm_emulator_packages='qemu-system-x86 base-files libc-bin coreutils dash'

vm_disk=4G

# One more host, "floor": the files of bookworm with the kernel of the release before,
# Linux 5.10, which lacks what jails need.
vm_floor_kernel=bullseye
