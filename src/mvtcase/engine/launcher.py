"""The start of a worker under Landlock and seccomp: give up everything but the named paths, then become the worker.

Run as `python -m mvtcase.engine.launcher RULES PROGRAM…`, where RULES is a JSON object of the lists `execute`, `read`
and `write`. Numbers and layouts: Linux, <linux/landlock.h>, <linux/seccomp.h>, <linux/filter.h>. It imports nothing but
the standard library, and ends with status 71 where the kernel lacks either.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import struct
import sys

CANNOT = 71
"""The exit status when the sandbox cannot be set up (EX_OSERR)."""

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK, _MAKE_SOCKET = 1 << 6, 1 << 11, 1 << 9
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_BITS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_BITS = 16
_NETWORK = 0b11
_NETWORK_ABI = 4
_SCOPES = 0b11
_SCOPES_ABI = 6
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE

_READ = _READ_FILE | _READ_DIR
_NEVER = _MAKE_CHAR | _MAKE_BLOCK | _MAKE_SOCKET | _IOCTL_DEVICE | _EXECUTE

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_DENIED = {
    "x86_64": (41, 101, 250, 298, 310, 311, 321, 323, 425, 426, 427),
    "aarch64": (198, 117, 219, 241, 270, 271, 280, 282, 425, 426, 427),
}
"""socket, ptrace, keyctl, perf_event_open, process_vm_readv and -writev, bpf, userfaultfd, io_uring_setup, -enter and
-register. Without `socket` nothing reaches a network or another process."""

_SILENCED = {
    "x86_64": (90, 91, 92, 93, 94, 132, 188, 189, 190, 197, 198, 199, 235, 260, 261, 268, 280, 452),
    "aarch64": (5, 6, 7, 14, 15, 16, 52, 53, 54, 55, 88, 452),
}
"""The families of chmod, chown, utime, setxattr and removexattr, which Landlock does not see: they do nothing and say
that they did, because libraries that copy a file's times and modes to their own copies must not fail."""

_STARTING = {"x86_64": (56, 435, (57, 58, 59, 322)), "aarch64": (220, 435, (221, 281))}
"""clone, clone3, and what else starts a process or a program: fork, vfork, execve, execveat."""

_SIGNALLING = {"x86_64": ((62, 234), (200, 129, 297, 424)), "aarch64": ((129, 131), (130, 138, 240, 424))}
"""kill and tgkill, which a worker may use on itself (as abort does), and what else sends signals: tkill,
rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal."""

_CLONE_THREAD = 0x10000
_FIRST_ARGUMENT = 16
_X32_BIT = 0x40000000
_ALLOW, _REFUSE, _SILENCE, _KILL, _UNKNOWN = 0x7FFF0000, 0x00050000 | 13, 0x00050000, 0x80000000, 0x00050000 | 38
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06


def main(arguments: list[str]) -> None:
    """Enter the sandbox and become the program; ends this process when that is impossible."""
    rules, program = json.loads(arguments[0]), arguments[1:]
    try:
        enter(rules)
    except OSError as error:
        sys.stderr.write(f"no sandbox: {error}\n")
        sys.exit(CANNOT)
    os.execv(program[0], program)  # noqa: S606 - the parent's own command line, no shell


def enter(rules: dict[str, list[str]]) -> None:
    """Put this process into the sandbox for good. Raises `OSError` where the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _restrict_paths(libc, rules)
    _restrict_calls(libc)


def _restrict_paths(libc: ctypes.CDLL, rules: dict[str, list[str]]) -> None:
    """Apply Landlock: every right is given up and given back for the named paths."""
    abi = _check(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    handled = (1 << _BITS_BY_ABI.get(abi, _NEWEST_BITS)) - 1
    fields = [handled]
    fields += [_NETWORK] if abi >= _NETWORK_ABI else []
    fields += [_SCOPES] if abi >= _SCOPES_ABI else []
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _check(libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
    rights = {"execute": _READ | _EXECUTE, "read": _READ, "write": handled & ~_NEVER}
    for name, paths in rules.items():
        for path in paths:
            _allow(libc, ruleset, path, rights[name] & handled)
    _check(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """Give rights beneath a path back; a path that is not there needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not _is_folder(descriptor):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        _check(libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
    finally:
        os.close(descriptor)


def forbid_processes() -> None:
    """Let this process start no other, become no other program and signal itself alone; threads stay.

    Raises `OSError` where that fails.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    machine = platform.machine()
    if machine not in _STARTING:
        raise OSError(f"no list of system calls for {machine}")
    clone, clone3, others = _STARTING[machine]
    own, signals = _SIGNALLING[machine]
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _filter_calls(
        libc,
        [
            *_prologue(_AUDIT[machine]),
            *_answers((*others, *signals), _REFUSE),
            *(each for number in own for each in _only_to(os.getpid(), number)),
            # Its flags lie in memory, out of a filter's sight: C libraries go back to the older call.
            *_answers((clone3,), _UNKNOWN),
            _instruction(_EQUAL, clone, 0, 3),
            _instruction(_LOAD, _FIRST_ARGUMENT),
            _instruction(_HAS_BITS, _CLONE_THREAD, 1, 0),
            _instruction(_RETURN, _REFUSE),
            _instruction(_RETURN, _ALLOW),
        ],
    )


def _is_folder(descriptor: int) -> bool:
    return (os.fstat(descriptor).st_mode & 0o170000) == 0o040000  # noqa: PLR2004 - S_IFMT and S_IFDIR


def _restrict_calls(libc: ctypes.CDLL) -> None:
    """Apply seccomp: the denied system calls fail with EACCES, other machines' calls end the process."""
    machine = platform.machine()
    if machine not in _AUDIT:
        raise OSError(f"no list of system calls for {machine}")
    denied, silenced = _answers(_DENIED[machine], _REFUSE), _answers(_SILENCED[machine], _SILENCE)
    _filter_calls(libc, [*_prologue(_AUDIT[machine]), *denied, *silenced, _instruction(_RETURN, _ALLOW)])


def _filter_calls(libc: ctypes.CDLL, instructions: list[bytes]) -> None:
    held = ctypes.create_string_buffer(b"".join(instructions))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(instructions), ctypes.addressof(held)))
    _check(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0))


def _prologue(machine: int) -> list[bytes]:
    """Return a filter's first instructions; offsets 4 and 0 are those of `arch` and `nr` in `struct seccomp_data`."""
    return [
        _instruction(_LOAD, 4),
        _instruction(_EQUAL, machine, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, 0),
        _instruction(_AT_LEAST, _X32_BIT, 0, 1),
        _instruction(_RETURN, _REFUSE),
    ]


def _answers(numbers: tuple[int, ...], answer: int) -> list[bytes]:
    return [each for number in numbers for each in (_instruction(_EQUAL, number, 0, 1), _instruction(_RETURN, answer))]


def _only_to(process: int, number: int) -> list[bytes]:
    """Return instructions that let a system call pass only where its first argument is this process."""
    return [
        _instruction(_EQUAL, number, 0, 4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_EQUAL, process, 0, 1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
    ]


def _instruction(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, true, false, value)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
