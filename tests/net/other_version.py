"""Builds turnoutd once more, as a version whose tables are laid out otherwise: what an upgrade is from
and to.

    other_version.py ROOT BUILT BUILD     the programs are in BUILD/bin

The rows are those of ROOT/src with members in another order, of other sizes and beside new ones.
Libraries that know nothing of rows are those that were BUILT of ROOT.
"""

import re
import subprocess
import sys
from pathlib import Path

# Members that change places, by row.
SWAPPED = {
    "abi/connection.hpp": {"Connection": ("server", "last_seen")},
    "abi/counters.hpp": {"TrafficCounters": ("packets", "bytes"),
                         "BeginCounters": ("connections", "stateless")},
    "abi/ftp_control.hpp": {"FtpControl": ("edits", "expected"), "TextEdit": ("at", "before")},
    "abi/rows.hpp": {
        "Settings": ("bucket_mask", "buckets_per_sweep"),
        "Plan": ("first", "count"),
        "Server": ("flags", "incarnation"),
        "ServerState": ("persistent", "overloaded"),
        "ServerRecord": ("use", "last_weight"),
    },
}
# Members that are added at the end of a row.
ADDED = {"abi/rows.hpp": {"Candidate": "uint64_t another = 0;",
                          "ServerState": "uint64_t another = 0;"},
         "abi/counters.hpp": {"Counters": "uint64_t another = 0;",
                              "BeginCounters": "uint64_t another = 0;"}}


WITHOUT_ROWS = ("base", "model", "api", "config", "ipvs")
# How such a library comes into the other build, in turnout_module().
TAKEN = """
    if(name IN_LIST taken)
        add_library(turnout_${name} STATIC IMPORTED GLOBAL)
        set_target_properties(turnout_${name} PROPERTIES
            IMPORTED_LOCATION ${built}/src/${name}/libturnout_${name}.a)
        set(scope INTERFACE)
    elseif(sources)
"""


def struct(text, name):
    """Where the members of a row begin and end."""
    found = re.search(rf"^struct {name} \{{$", text, re.MULTILINE)
    return found.end(), text.index("\n};", found.end()) + 1


def swap(text, name, first, second):
    """Two members of a row with each other; the lines keep their comments."""
    begin, end = struct(text, name)
    body = text[begin:end]
    lines = [re.search(rf"^ +\w+ {member};.*$", body, re.MULTILINE).group()
             for member in (first, second)]
    for line, sign in zip(lines, ("\0", "\1")):
        body = body.replace(line, sign)
    body = body.replace("\0", lines[1]).replace("\1", lines[0])
    return text[:begin] + body + text[end:]


def append(text, name, member):
    _, end = struct(text, name)
    return text[:end] + f"    {member}\n" + text[end:]


def other_version(text):
    text = re.sub(r"^static_assert\(sizeof\(.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"(tables_version = )(\d+);", lambda found: f"{found[1]}{int(found[2]) + 1};", text)


def changed(path, text):
    for name, members in SWAPPED.get(path, {}).items():
        text = swap(text, name, *members)
    for name, member in ADDED.get(path, {}).items():
        text = append(text, name, member)
    if path.startswith("abi/"):
        text = other_version(text)
    if path == "cmake/modules.cmake":
        text = text.replace("\n    if(sources)\n", TAKEN)
    if path.startswith(WITHOUT_ROWS) and '#include "abi/' in text:
        sys.exit(f"{path} knows rows and is in WITHOUT_ROWS")
    return text


def put(path, text):
    """What is the same stays as it is, and is not built again."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_tree(root, tree):
    for path in [*(root / "src").rglob("*"), *(root / "cmake").rglob("*")]:
        name = path.relative_to(root)
        if path.is_file():
            put(tree / name, changed(str(name).removeprefix("src/"), path.read_text()))
    text = (root / "CMakeLists.txt").read_text()
    put(tree / "CMakeLists.txt",
        re.sub(r"^(add_subdirectory\((tests|bench)\)|include\(packaging/.*\)|install\(.*\))\n", "",
               text, flags=re.MULTILINE))


def main():
    root, built, build = map(Path, sys.argv[1:])
    write_tree(root, build / "tree")
    # It is built to be run once: what counts is how long that takes, and clang takes less.
    subprocess.run(["cmake", "-S", build / "tree", "-B", build, "-G", "Ninja",
                    f"-Dbuilt={built}", f"-Dtaken={';'.join(WITHOUT_ROWS)}",
                    "-DCMAKE_C_COMPILER=clang-19", "-DCMAKE_CXX_COMPILER=clang++-19",
                    "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", build, "--target", "turnoutd"], check=True)


if __name__ == "__main__":
    main()
