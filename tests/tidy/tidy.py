"""The rules of the source tree that no compiler checks.

    tidy.py FOLDER       complains about every file under FOLDER/src that breaks a rule; exit status 1

Who may include whom is the table below; the reasons are in ARCHITECTURE.md.
"""

import re
import sys
from pathlib import Path

MOST_LINES = 450

# The folders each folder may include, besides itself and what those may include in turn.
MAY_INCLUDE = {
    "base": (),
    "wire": (),
    "abi": ("wire",),
    "table": ("abi",),
    "path": ("table",),
    "bpf": ("path",),
    "native": ("path", "tables"),
    "model": ("base",),
    "tables": ("model", "table"),
    "kernel": ("tables",),
    "realserver": ("abi", "model"),
    "ipvs": ("model",),
    "preload": (),
    "director": ("tables", "model"),
    "health": ("model",),
    "sync": ("model",),
    "observe": ("model",),
    "config": ("api", "model"),
    "api": ("model",),
    "cli": ("api", "ipvs", "observe", "realserver"),
    "apps": ("api", "cli", "config", "director", "health", "ipvs", "kernel", "native", "observe",
             "realserver", "sync"),
}
# Pure hash functions, which user space computes its tables with; the one header of ipvs/ that does
# without the standard library.
MAY_ALSO_INCLUDE = {"tables": ("path/schedulers/",), "preload": ("ipvs/protocol.hpp",)}

FREESTANDING = ("wire", "abi", "table", "path")
FREESTANDING_HEADERS = ("stdint.h", "stddef.h")
LIBBPF_USERS = ("kernel", "realserver")
CLOCK_USERS = ("base", "apps")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
REAL_CLOCK = re.compile(r"\b(?:steady_clock|system_clock|high_resolution_clock)::now|"
                        r"\b(?:clock_gettime|gettimeofday|getrandom|random_device)\b")
# tests/support is what several tests share; native/ and director/ are a director without a kernel.
TESTS_MAY_INCLUDE = ("support", "native", "director")
TESTING = re.compile(r"_(test|fuzz|bench)\.cpp$")


def closure(folder):
    """Every folder that `folder` may include, directly or by way of another."""
    found = {folder}
    waiting = list(MAY_INCLUDE[folder])
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting.extend(MAY_INCLUDE[other])
    return found


def check_includes(path, text):
    folder = path.split("/")[0]
    if folder not in MAY_INCLUDE:
        yield f"folder {folder}/ is not in the table of who may include whom: give it a row"
        return
    allowed = closure(folder)
    for bracket, name in INCLUDE.findall(text):
        if bracket == "<":
            yield from check_system_include(path, folder, name)
            continue
        other = name.split("/")[0]
        if other in allowed or name.startswith(MAY_ALSO_INCLUDE.get(folder, ())):
            continue
        if other in TESTS_MAY_INCLUDE and TESTING.search(path):
            continue
        yield f"{folder}/ must not include {name}"


def check_system_include(path, folder, name):
    if name.startswith("bpf/") and folder not in LIBBPF_USERS:
        yield f"libbpf's <{name}> is for {' and '.join(LIBBPF_USERS)} only"
    if folder in FREESTANDING and name not in FREESTANDING_HEADERS and not TESTING.search(path):
        yield f"{folder}/ is freestanding: <{name}> does not exist there"


def check_clock(path, text):
    found = REAL_CLOCK.search(text)
    if found and path.split("/")[0] not in CLOCK_USERS and not TESTING.search(path):
        yield f"'{found.group()}': a real clock and real randomness are for base/ and apps/ only"


def check_length(_, text):
    lines = text.count("\n")
    if lines > MOST_LINES:
        yield f"{lines} lines, {MOST_LINES} are the most: it holds more than one idea"


def check_opening(path, text, paths):
    """A header states the idea for the .cpp and the test of its name."""
    stem = re.sub(r"(_test|_fuzz|_bench)?\.cpp$", "", path)
    if path.endswith(".cpp") and stem + ".hpp" in paths:
        return
    if not text.startswith("// "):
        yield "does not open with a comment that states its idea"


def complaints(files):
    """All about a tree given as {path below src/: text}."""
    for path, text in sorted(files.items()):
        found = [*check_includes(path, text), *check_clock(path, text), *check_length(path, text),
                 *check_opening(path, text, files)]
        for complaint in found:
            yield f"src/{path}: {complaint}"


def read_tree(source):
    return {str(file.relative_to(source)): file.read_text()
            for file in source.rglob("*.[ch]pp")}


def main():
    found = list(complaints(read_tree(Path(sys.argv[1]) / "src")))
    print(*found, sep="\n")
    print(f"{len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
