# Runs one program of PostgreSQL and ends it when the process that asked for it ends, however that happens.
#
#   $1  the signal that asks the program to end
#   $2  a directory to remove when the program has ended, or nothing
#   $3  the program, followed by its arguments
#   descriptor 3  a locked file: the lock lasts until the last process that inherited it is gone
#   descriptor 4  the read end of a pipe that nobody writes to; the other end closes when our owner dies
#
# Why a shell: the server must not outlive its owner, so something else has to, for a moment. Starting our own
# binary once more would need a hook in every main and every test binary; /bin/sh is there wherever PostgreSQL is. The
# shell is the parent of the server and was given the pipe before the server exists, so there is no moment in which the
# owner can die unnoticed. It is never a child of the server: PostgreSQL takes the death of a child it does not know for
# a crash of its own.

signal=$1
leftover=$2
shift 2

"$@" </dev/null 4<&- &
program=$!

# A shell without job control lets its background programs ignore INT and QUIT until they install their own handlers, so
# the signal is repeated. After a hundred times (ten seconds) the shutdown stops being polite. Only the program may keep the
# lock of descriptor 3, so that the lock says when the program is gone.
(
	read -r nothing <&4
	polite=100
	while kill -s "$signal" "$program" 2>/dev/null; do
		polite=$((polite - 1))
		[ "$polite" -gt 0 ] || signal=QUIT
		sleep 0.1 3<&- 4<&- || sleep 1 3<&- 4<&-
	done
) 3<&- &
watcher=$!

wait "$program"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
if [ -n "$leftover" ]; then
	cd / && rm -rf -- "$leftover"
fi
exit "$status"
