"""check_docs.py: what is wrong is seen, what is right is not."""

import pathlib
import tempfile
import unittest

import check_docs

PAGE = """.Dd November 23, 2026
.Dt RINGFENCE-PS 1
.Os
.Sh NAME
.Nm ringfence-ps
.Nd list the workloads that run here
.Sh SEE ALSO
.Xr ringfence-ps 1 ,
.Xr ps 1
"""
SCHEMA = """
constexpr Field kFields[] = {
    {"name", &kName, true, "the name"},
    {"may_read", &kSubtrees,
     false, "subtrees"},
};
"""
KEYS = """.Dd November 23, 2026
.Dt RINGFENCE-WORKLOAD 5
.Os
.Sh NAME
.Nm ringfence-workload
.Nd a program
.Sh DESCRIPTION
.Bl -tag -width Ds
.It Cm name
the name
.It Cm filesystem
.Cm may_read ,
subtrees
.El
"""


class CheckDocs(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("docs/man/ringfence-ps.1", PAGE)
        self.write("docs/man/ringfence-workload.5", KEYS)
        self.write("src/syntax/schema.cc", SCHEMA)

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def found(self, check):
        return [line for _, lines in check(self.root) for line in lines]

    def test_good_pages_pass(self):
        self.assertEqual(self.found(check_docs.check_man), [])
        self.assertEqual(self.found(check_docs.check_keys), [])

    def test_an_unknown_macro_is_seen(self):
        self.write("docs/man/ringfence-ps.1", PAGE + ".Zz nothing\n")
        self.assertIn("Zz", "".join(self.found(check_docs.check_man)))

    def test_a_reference_to_no_page_is_seen(self):
        self.write("docs/man/ringfence-ps.1", PAGE + ".Xr ringfence-pss 1\n")
        self.assertEqual(self.found(check_docs.check_man),
                         ["no page ringfence-pss(1)"])

    def test_a_title_of_another_page_is_seen(self):
        self.write("docs/man/ringfence-why.1", PAGE)
        self.assertIn("the title", "".join(self.found(check_docs.check_man)))

    def test_a_key_without_documentation_is_seen(self):
        self.write("src/syntax/schema.cc",
                   SCHEMA + '{"grace", &kTime, false, ""},')
        self.assertEqual(self.found(check_docs.check_keys),
                         ["no page of section 5 has `grace`"])

    def test_the_options_are_those_of_the_program(self):
        self.write("docs/man/ringfence-ps.1",
                   PAGE + ".It Fl \\-format Ar F\n.It Fl v , Fl \\-verbose\n")
        self.write("src/cli/command_ps.cc",
                   'app.add_option(\n"--format", f); '
                   'app.add_flag("-v,--verbose", v)')
        self.assertEqual(self.found(check_docs.check_options), [])
        self.write("src/cli/command_ps.cc", 'app.add_flag("--all", a)')
        self.assertEqual(self.found(check_docs.check_options),
                         ["--all is only in the program",
                          "--format is only in the page",
                          "--verbose is only in the page"])

    def test_shared_options_count_where_they_are_used(self):
        self.write("docs/man/ringfence-ps.1",
                   PAGE + ".It Fl \\-format Ar F\n")
        self.write("src/cli/options.cc",
                   'void AddFormatOption(CLI::App& app) {\n'
                   '  app.add_option("--format", f);\n}\n'
                   'void AddOther(CLI::App& app) {\n'
                   '  app.add_option("--other", f);\n}\n')
        self.write("src/cli/command_ps.cc", "AddFormatOption(app, format);")
        self.assertEqual(self.found(check_docs.check_options), [])
        self.write("src/cli/command_ps.cc", "AddOther(app, other);")
        self.assertEqual(self.found(check_docs.check_options),
                         ["--format is only in the page",
                          "--other is only in the program"])

    def test_a_command_without_a_page_is_seen(self):
        self.write("src/cli/command_stop.cc", "")
        self.assertEqual(self.found(check_docs.check_options),
                         ["there is no ringfence-stop.1"])

    def test_the_launch_order_is_that_of_the_plan(self):
        self.write("src/launch/plan.h", "enum class StepKind : uint8_t {\n"
                   "  kRoot,  // kNot\n  kPivot,\n  // kNeither\n};\n")
        self.write("docs/launch-order.md", "1. `kRoot`: it\n2. `kPivot`\n")
        self.assertEqual(self.found(check_docs.check_launch_order), [])
        self.write("docs/launch-order.md", "1. `kPivot`\n2. `kRoot`\n")
        self.assertEqual(len(self.found(check_docs.check_launch_order)), 1)

    def test_links(self):
        self.write("docs/there.md", "# The `first` part\n")
        self.write("README.md", "[a](docs/there.md#the-first-part) [b](#top)\n"
                                "# Top\n`[c](code)` [d](https://example.org)")
        self.assertEqual(self.found(check_docs.check_links), [])
        self.write("README.md", "[a](docs/there.md#nothing) [b](gone.md)")
        self.assertEqual(self.found(check_docs.check_links),
                         ["docs/there.md#nothing: there is no such heading",
                          "gone.md: there is no such file"])

    def test_a_link_to_a_test_names_it(self):
        self.write("tests/a_test.cc", "TEST_F(Death, OfInit) {\n}\n")
        self.write("SECURITY.md", "[Death.OfInit](tests/a_test.cc)")
        self.assertEqual(self.found(check_docs.check_links), [])
        self.write("SECURITY.md", "[Death.OfBoth](tests/a_test.cc)")
        self.assertEqual(self.found(check_docs.check_links),
                         ["tests/a_test.cc: there is no test Death.OfBoth"])

    def test_a_promise_without_a_test_is_seen(self):
        good = ("# Security\n\n## What is a boundary\n\n- **One** thing.\n"
                "  [A.B](tests/live/a_test.cc)\n")
        self.write("SECURITY.md", good)
        self.assertEqual(self.found(check_docs.check_promises), [])
        self.write("SECURITY.md", good + "- **Another** thing.\n\n"
                   "## What is not\n\n- **More**\n")
        self.assertEqual(self.found(check_docs.check_promises),
                         ["no test holds `**Another** thing.`"])
        self.write("SECURITY.md", "# Security\n")
        self.assertEqual(self.found(check_docs.check_promises),
                         ["it promises nothing"])


if __name__ == "__main__":
    unittest.main()
