"""Plants one violation of every rule of check_deps.py and wants it caught."""

import pathlib
import re
import tempfile
import unittest

import check_deps

DEPS = """# A tree that keeps every rule.
T base:    ;
T sys:     base; linux
T launch:  base sys; linux
  pack:    base; flatbuffers
  relay:   base sys; linux
  cli:     base sys launch; fmt
"""
CMAKE = """
ringfence_folder(base TRUSTED)
ringfence_folder(sys TRUSTED FOLDERS base)
ringfence_folder(launch TRUSTED FOLDERS base sys)
ringfence_folder(pack FOLDERS base LIBRARIES ringfence_bundle_schema)
ringfence_folder(relay FOLDERS base sys)
ringfence_folder(cli FOLDERS base sys launch LIBRARIES fmt::fmt-header-only)
add_executable(ringfence-launch launch/launch_main.cc)
target_link_libraries(ringfence-launch PRIVATE ringfence_launch -static-pie)
target_link_libraries(ringfence-relay PRIVATE ringfence_relay)
target_link_libraries(ringfence-cli PRIVATE ringfence_launch
                      nlohmann_json::nlohmann_json)
"""
CLEAN = {
    "src/deps.txt": DEPS,
    "src/CMakeLists.txt": CMAKE,
    "src/base/check.h": "#pragma once\n#include <unistd.h>\n",
    "src/sys/mount.cc": '#include "base/check.h"\n#include <sys/mount.h>\n'
                        "long F() { return ::syscall(1); }\n",
    "src/launch/execute.cc":
        '#include "sys/mount.h"\n#include <linux/mount.h>\n#include <vector>\n'
        "static_assert(1 == 1);  // assert(0), system(x) and printf(x)\n"
        'const char* k = "getenv(x) syscall(y) // no comment";\n'
        "auto n = 1'000'000; auto a = child.system(1);\n",
    "src/launch/launch_main.cc": "int main() { puts(k); }\n",
    "src/pack/pack.cc": '#include "bundle_generated.h"\n#include <map>\n',
    "src/cli/run.cc": "#include <fmt/core.h>\nvoid F() { fmt::print(k); }\n",
    "tests/unit/long_test.inc": "\n" * 2000,
}

# rule -> changes to the clean tree, each of which must be caught as that rule
# and as nothing else
PLANTED = {
    "graph-syntax": [
        {"src/deps.txt": DEPS + "pack -> base\n"},
        {"src/deps.txt": DEPS + "T base: ;\n"},
    ],
    "graph-unknown": [
        {"src/deps.txt": DEPS.replace("flatbuffers", "flatbuffers boost")},
        {"src/extra/extra.cc": "int x;\n"},
    ],
    "graph-cycle": [
        {"src/deps.txt": DEPS.replace("T base:    ;", "T base:    sys;"),
         "src/CMakeLists.txt": CMAKE.replace("(base TRUSTED)",
                                             "(base TRUSTED FOLDERS sys)")},
    ],
    "graph-trust": [
        {"src/deps.txt": DEPS.replace("launch:  base sys;",
                                      "launch:  base sys relay;"),
         "src/CMakeLists.txt":
             CMAKE.replace("launch TRUSTED FOLDERS base sys",
                           "launch TRUSTED FOLDERS base sys relay")
                  .replace("PRIVATE ringfence_launch",
                           "PRIVATE ringfence_sys")},
    ],
    "include-folder": [
        {"src/pack/pack.cc": '#include "sys/mount.h"\n'},
        {"src/base/check.cc": '  #  include "launch/plan.h"\n'},
        {"src/pack/table.inc": '#include "sys/mount.h"\n'},
    ],
    "include-library": [
        {"src/pack/pack.cc": "#include <sodium.h>\n"},
        {"src/launch/x.cc": "#include <yaml-cpp/yaml.h>\n"},
        {"src/launch/x.cc": "#include <fmt/core.h>\n"},
        {"src/launch/x.cc": "#include <CLI/CLI.hpp>\n"},
        {"src/launch/x.cc": "#include <nlohmann/json.hpp>\n"},
        {"src/launch/x.cc": "#include <flatbuffers/flatbuffers.h>\n"},
        {"src/cli/x.cc": "#include <z3++.h>\n"},
        {"src/base/x.cc": "#include <linux/seccomp.h>\n"},
        {"src/base/x.cc": "#include <sched.h>\n"},
        {"src/base/x.cc": "#include <sys/syscall.h>\n"},
    ],
    "include-kernel": [
        {"src/launch/x.cc": "#include <sys/mount.h>\n"},
        {"src/launch/x.cc": "#include <sys/prctl.h>\n"},
        {"src/relay/x.cc": "#include <sched.h>\n"},
    ],
    "include-unknown": [
        {"src/base/x.cc": "#include <boost/any.hpp>\n"},
        {"src/base/x.cc": "#include <curl/curl.h>\n"},
        {"src/base/x.cc": '#include "check.h"\n'},
        {"src/base/x.cc": '#include "nowhere/check.h"\n'},
    ],
    "include-trusted": [
        {"src/launch/x.cc": "#include <thread>\n"},
        {"src/base/x.cc": "#include <iostream>\n"},
    ],
    "cmake-folders": [
        {"src/CMakeLists.txt": CMAKE.replace("(pack FOLDERS base",
                                             "(pack FOLDERS base sys")},
        {"src/CMakeLists.txt": CMAKE.replace("relay FOLDERS base sys",
                                             "relay FOLDERS base")},
        {"src/CMakeLists.txt": re.sub("ringfence_folder.pack.*\n", "", CMAKE)},
        {"src/CMakeLists.txt": CMAKE + "ringfence_folder(extra)\n"},
    ],
    "cmake-trusted": [
        {"src/CMakeLists.txt": CMAKE.replace("(sys TRUSTED", "(sys")},
        {"src/CMakeLists.txt": CMAKE.replace("(relay", "(relay TRUSTED")},
    ],
    "cmake-library": [
        {"src/CMakeLists.txt": CMAKE.replace("(base TRUSTED)",
                                             "(base TRUSTED LIBRARIES z3)")},
        {"src/CMakeLists.txt": CMAKE.replace("fmt::fmt-header-only",
                                             "yaml-cpp")},
    ],
    "cmake-program": [
        {"src/CMakeLists.txt": CMAKE.replace("ringfence_launch -static-pie",
                                             "ringfence_launch ringfence_cli")},
        {"src/CMakeLists.txt": CMAKE.replace("-static-pie", "yaml-cpp")},
        {"src/CMakeLists.txt": CMAKE.replace("PRIVATE ringfence_relay",
                                             "PRIVATE ringfence_pack")},
        {"src/CMakeLists.txt": CMAKE.replace("ringfence_launch\n",
                                             "ringfence_cli\n")},
    ],
    "ban-assert": [
        {"src/pack/x.cc": "void F() { assert(1); }\n"},
        {"src/pack/x.cc": "#include <cassert>\n"},
    ],
    "ban-shell": [
        {"src/cli/x.cc": 'int x = system("ls");\n'},
        {"src/cli/x.cc": 'int x = std::system ("ls");\n'},
        {"src/cli/x.cc": 'auto* x = ::popen("ls", "r");\n'},
    ],
    "ban-environment": [
        {"src/launch/x.cc": 'auto* x = getenv("HOME");\n'},
        {"src/launch/x.cc": 'auto* x = secure_getenv("HOME");\n'},
        {"src/sys/x.cc": "extern char** environ;\n"},
    ],
    "ban-unordered": [
        {"src/pack/x.cc": "std::unordered_map<int, int> x;\n"},
    ],
    "ban-print": [
        {"src/pack/x.cc": "void F() { std::cout << 1; }\n"},
        {"src/pack/x.cc": "void F() { std::fprintf(stderr, k); }\n"},
        {"src/pack/x.cc": "void F() { printf(k); }\n"},
        {"src/launch/x.cc": "void F() { puts(k); }\n"},
    ],
    "ban-todo": [
        {"src/pack/x.cc": "// TODO: all of it\n"},
    ],
    "raw-syscall": [
        {"src/launch/x.cc": "long x = ::syscall(39);\n"},
        {"src/relay/x.cc": 'void F() { asm volatile("syscall"); }\n'},
    ],
    "header-guard": [{"src/pack/x.h": "int F();\n"}],
    "header-using": [{"src/pack/x.h": "#pragma once\nusing namespace std;\n"}],
    "length": [
        {"src/pack/x.cc": "\n" * 501},
        {"tests/unit/x_test.cc": "\n" * 501},
        {"tests/tools/x.py": "\n" * 501},
    ],
}


def findings_of(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return check_deps.check(root)


class CheckDeps(unittest.TestCase):

    def test_a_tree_that_keeps_the_rules_has_no_findings(self):
        findings, passed = findings_of(CLEAN)
        self.assertEqual(findings, [])
        self.assertGreater(passed, len(CLEAN))

    def test_a_violation_is_named_at_its_line(self):
        files = dict(CLEAN)
        files["src/pack/x.cc"] = ('/* two\nlines */ R"(\n)";\n\n'
                                  "int x = assert(1);\n")
        (finding,), _ = findings_of(files)
        self.assertEqual(finding.rule, "ban-assert")
        self.assertTrue(finding.where.endswith("src/pack/x.cc:5"), finding)

    def test_every_rule_has_a_planted_violation(self):
        source = pathlib.Path(check_deps.__file__).read_text()
        rules = set(re.findall(r'Finding\(\s*"([a-z-]+)"', source))
        rules |= {rule for rule, *_ in check_deps.BANNED}
        self.assertEqual(rules, set(PLANTED))


def plant(rule, change):
    def test(self):
        findings, _ = findings_of(CLEAN | change)
        self.assertEqual({finding.rule for finding in findings}, {rule},
                         findings)
    return test


for _rule, _changes in PLANTED.items():
    for _index, _change in enumerate(_changes):
        _name = f"test_{_rule.replace('-', '_')}_{_index}_is_caught"
        setattr(CheckDeps, _name, plant(_rule, _change))

if __name__ == "__main__":
    unittest.main()
