#!/usr/bin/env python3
"""Checks the documentation against itself and the tree.

    tests/tools/check_docs.py [ROOT]

- Man pages format without a warning, and refer to pages of ours that exist.
- Every key of the language (src/syntax/schema*.cc) is in its man page.
- The options in a command's man page are those of src/cli/command_NAME.cc.
- docs/launch-order.md has the steps of src/launch/plan.h in their order.
- Relative links of the Markdown files lead to files, and #fragments to
  headings. A link [Suite.Name](..._test.cc) leads to that test.
- Each promise of SECURITY.md, an item below "What is a boundary", has a link to
  a test.
The last line is `N passed, M failed`.
"""

import pathlib
import re
import subprocess
import sys

# Between our own programs; people do not use them.
INTERNAL_OPTIONS = {"bundle-fd", "text-name"}
OPTION = re.compile(r'add_(?:option|flag)\(\s*"(?:-\w,)?--([\w-]+)"')
MARKDOWN_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def man_warnings(page):
    """What groff and man have to say about a page, a line each."""
    for command in (["groff", "-ww", "-mandoc", "-Tutf8", "-z", page],
                    ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                     page]):
        run = subprocess.run(command, capture_output=True, text=True)
        yield from run.stderr.splitlines()


def check_man(root):
    pages = sorted((root / "docs/man").glob("*.[1-8]"))
    names = {page.name for page in pages}
    for page in pages:
        found = list(man_warnings(page))
        text = page.read_text()
        for name, number in re.findall(r"^\.Xr (ringfence\S*) (\d)", text,
                                       re.M):
            if f"{name}.{number}" not in names:
                found.append(f"no page {name}({number})")
        title = re.search(r"^\.Dt (\S+) (\d)$", text, re.M)
        if not title or ".".join(title.groups()).lower() != page.name:
            found.append("the title (.Dt) is not the name of the file")
        yield page, found


def keys(schema):
    """Every key of the tables of schema.cc."""
    return set(re.findall(r'\{"(\w+)", &k\w+,\s*(?:true|false)', schema))


def check_keys(root):
    sources = sorted((root / "src/syntax").glob("schema*.cc"))
    text = "".join(page.read_text()
                   for page in (root / "docs/man").glob("*.5"))
    documented = set(re.findall(r"^\.(?:It )?Cm (\w+)", text, re.M))
    for schema in sources:
        for key in sorted(keys(schema.read_text())):
            there = key in documented
            yield schema, [] if there else [f"no page of section 5 has `{key}`"]


def shared_options(root):
    """The options that each function of src/cli/options.cc adds."""
    source = root / "src/cli/options.cc"
    text = source.read_text() if source.exists() else ""
    return {name: OPTION.findall(body) for name, body in
            re.findall(r"^void (Add\w+)\((.*?)^}", text, re.M | re.S)}


def check_options(root):
    shared = shared_options(root)
    for source in sorted((root / "src/cli").glob("command_*.cc")):
        name = source.stem.removeprefix("command_").replace("_", "-")
        page = root / f"docs/man/ringfence-{name}.1"
        if not page.exists():
            yield source, [f"there is no {page.name}"]
            continue
        text = source.read_text()
        accepted = set(OPTION.findall(text)) - INTERNAL_OPTIONS
        for function, options in shared.items():
            if f"{function}(app" in text:
                accepted.update(options)
        told = set(re.findall(r"^\.It Fl (?:\w+ , Fl )?\\-([\w-]+)",
                              page.read_text(), re.M))
        yield page, [f"--{option} is only {where}" for option, where in sorted(
            [(option, "in the program") for option in accepted - told] +
            [(option, "in the page") for option in told - accepted])]


def check_launch_order(root):
    plan = (root / "src/launch/plan.h").read_text()
    kinds = re.search(r"enum class StepKind[^{]*\{(.*?)\};", plan, re.S)
    steps = re.findall(r"^\s*(k\w+)", kinds.group(1), re.M)
    page = root / "docs/launch-order.md"
    told = re.findall(r"^\d+\. `(k\w+)`", page.read_text(), re.M)
    yield page, [] if told == steps else [
        f"its steps are {told}, those of plan.h are {steps}"]


def slug(heading):
    """A heading as its fragment, the way Git hosts make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def without_code(text):
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def check_links(root):
    for page in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"),
                        *root.glob("examples/**/*.md")]):
        found = []
        for words, link in MARKDOWN_LINK.findall(without_code(page.read_text())):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, fragment = link.partition("#")
            target = page if not name else page.parent / name
            if not target.exists():
                found.append(f"{link}: there is no such file")
            elif name.endswith("_test.cc"):
                suite, _, test = words.partition(".")
                if not re.search(rf"^TEST(_F|_P)?\({suite},\s+{test}\)",
                                 target.read_text(), re.M):
                    found.append(f"{link}: there is no test {words}")
            elif fragment and target.suffix == ".md":
                headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
                if fragment not in map(slug, headings):
                    found.append(f"{link}: there is no such heading")
        yield page, found


def check_promises(root):
    page = root / "SECURITY.md"
    if not page.exists():
        return
    part = re.search(r"^## What is a boundary\n(.*?)(?=^## |\Z)",
                     page.read_text(), re.M | re.S)
    promises = re.findall(r"^- (.*?)(?=^- |\Z)", part.group(1) if part else "",
                          re.M | re.S)
    if not promises:
        yield page, ["it promises nothing"]
    for promise in promises:
        held = any("tests/" in link for _, link in
                   MARKDOWN_LINK.findall(promise))
        start = promise.split("\n")[0]
        yield page, [] if held else [f"no test holds `{start}`"]


def main():
    default = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    passed = failed = 0
    for check in (check_man, check_keys, check_options, check_launch_order,
                  check_links, check_promises):
        for file, found in check(root):
            passed += not found
            failed += bool(found)
            for line in found:
                print(f"{file.relative_to(root)}: {line}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
