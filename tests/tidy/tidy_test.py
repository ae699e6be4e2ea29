"""The checker itself, on trees that keep the rules and trees that break one each."""

import unittest

from tidy import MAY_INCLUDE, MOST_LINES, closure, complaints

IDEA = "// What this is for.\n"


def about(path, text, **others):
    """The complaints about one file in a tree of it and others."""
    files = {path: text, **{name.replace("__", "/"): body for name, body in others.items()}}
    return [complaint for complaint in complaints(files) if complaint.startswith(f"src/{path}:")]


class Valid(unittest.TestCase):
    def accept(self, path, *includes):
        self.assertEqual(about(path, IDEA + "".join(f"#include {name}\n" for name in includes)), [])

    def test_own_folder_and_those_below(self):
        self.accept("path/pipeline.hpp", '"path/env.hpp"', '"table/find.hpp"', '"wire/ipv4.hpp"')
        self.accept("bpf/xdp.bpf.cpp", '"path/pipeline.hpp"', '"bpf/helpers.hpp"', "<linux/bpf.h>")
        self.accept("kernel/load.cpp", "<bpf/libbpf.h>", '"abi/rows.hpp"', '"base/fd.hpp"')
        self.accept("director/loop.cpp", '"tables/plan.hpp"', '"model/model.hpp"', '"base/fd.hpp"')

    def test_what_is_allowed_by_way_of_exception(self):
        self.accept("tables/rings.cpp", '"path/schedulers/maglev.hpp"')
        self.accept("table/find_test.cpp", "<gtest/gtest.h>", "<vector>")
        self.accept("wire/ipv4.hpp", "<stdint.h>", "<stddef.h>")

    def test_a_header_speaks_for_its_source_and_test(self):
        header = {"model__a.hpp": IDEA}
        self.assertEqual(about("model/a.cpp", '#include "model/a.hpp"\n', **header), [])
        self.assertEqual(about("model/a_test.cpp", '#include "model/a.hpp"\n', **header), [])

    def test_a_file_of_the_greatest_length(self):
        self.assertEqual(about("base/a.hpp", IDEA * MOST_LINES), [])

    def test_the_table_of_folders_has_no_circle(self):
        for folder, others in MAY_INCLUDE.items():
            for other in others:
                self.assertNotIn(folder, closure(other))


class Invalid(unittest.TestCase):
    def refuse(self, path, include, why):
        found = about(path, f"{IDEA}#include {include}\n")
        self.assertEqual(len(found), 1, found)
        self.assertIn(why, found[0])

    def test_includes_against_the_arrows(self):
        for path, include in (("wire/ipv4.hpp", '"abi/rows.hpp"'),
                              ("path/parse.hpp", '"bpf/helpers.hpp"'),
                              ("path/parse.hpp", '"base/result.hpp"'),
                              ("model/model.hpp", '"tables/plan.hpp"'),
                              ("tables/rings.cpp", '"path/pipeline.hpp"'),
                              ("director/loop.cpp", '"kernel/load.hpp"'),
                              ("cli/list.cpp", '"kernel/load.hpp"'),
                              ("kernel/load.cpp", '"bpf/helpers.hpp"')):
            with self.subTest(path=path, include=include):
                self.refuse(path, include, "must not include")

    def test_a_library_where_there_is_none(self):
        for name in ("<cstdint>", "<vector>", "<linux/ip.h>", "<string.h>"):
            self.refuse("path/parse.hpp", name, "freestanding")

    def test_libbpf_elsewhere(self):
        for path in ("director/loop.cpp", "bpf/xdp.bpf.cpp", "cli/list.cpp"):
            self.refuse(path, "<bpf/bpf.h>", "libbpf")

    def test_an_unknown_folder(self):
        self.refuse("misc/things.hpp", "<vector>", "give it a row")

    def test_a_clock_in_the_model(self):
        text = IDEA + "auto now = std::chrono::steady_clock::now();\n"
        self.assertIn("real clock", about("model/a.hpp", text)[0])

    def test_a_long_file(self):
        self.assertIn("451 lines", about("base/a.hpp", IDEA * (MOST_LINES + 1))[0])

    def test_no_idea(self):
        for path in ("base/a.hpp", "apps/turnout.cpp", "base/b_test.cpp"):
            self.assertIn("states its idea", about(path, "#pragma once\n")[0])


if __name__ == "__main__":
    unittest.main()
