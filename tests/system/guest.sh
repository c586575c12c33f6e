#!/bin/sh
# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# unshare --mount guest.sh FOLDER COMMAND...: runs a command on what looks like a server of its own. What it writes to /etc and
# /var/lib goes to FOLDER/etc and FOLDER/var/lib, so that the next command finds it and this machine never does; /dev is FOLDER/dev
# with the nodes that programs need.
set -e
folder=$1
shift
for path in /etc /var/lib; do
    mkdir -p "$folder$path" "$folder/work$path"
    mount -t overlay guest -o "lowerdir=$path,upperdir=$folder$path,workdir=$folder/work$path" "$path"
done
mkdir -p "$folder/dev/shm"
for node in null zero random urandom tty loop0 loop1 loop2 loop3 loop4 loop5 loop6 loop7; do
    if [ -e "/dev/$node" ]; then
        touch "$folder/dev/$node"
        mount --bind "/dev/$node" "$folder/dev/$node"
    fi
done
# The multiprocessing of Python needs it.
mount --bind /dev/shm "$folder/dev/shm"
ln -sfn /proc/self/fd "$folder/dev/fd"
mount --rbind "$folder/dev" /dev
exec "$@"
