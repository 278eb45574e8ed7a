"""Holds the tree-sitter grammar to the compiler's parser.

In: a folder with weaves in valid/ and invalid/, as the compiler's parser judges them, and the parser in ../src, which is
compiled here. Out: exit code 1 and a line for each that is wrong:

* a valid weave that the grammar does not take, but for those of UNREAD;
* fewer than nine of ten of the invalid ones refused;
* a query that does not fit the grammar, or finds nothing in any weave;
* a file of corpus/ that is not what the parser gives (UPDATE_GOLDEN=1 writes them);
* generated files that are not those of grammar.js (GENERATED has the sums; make tree-sitter writes it).
"""

import ctypes
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tree_sitter

HERE = pathlib.Path(__file__).resolve().parent
GRAMMAR = HERE.parent
ROOT = GRAMMAR.parent.parent
RULE = "=" * 18

# Valid weaves that are not read, and why.
UNREAD = {"testdata+diagnostics+weave-controls.txtar+flags.weave": "generated scanners take U+0000 for the end of the file"}

problems = []


def language(work):
    """The grammar, compiled."""
    library = pathlib.Path(work) / "weave.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-std=c11", "-I", GRAMMAR / "src", GRAMMAR / "src" / "parser.c", "-o", library], check=True)
    pointer = ctypes.PyDLL(str(library)).tree_sitter_weave
    pointer.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return tree_sitter.Language(capsule(pointer(), b"tree_sitter.Language", None))


def indented(tree):
    """An S-expression with a line a node."""
    out, depth, field = [], 0, ""
    for token in re.findall(r"[()]|[^\s()]+", tree):
        if token == "(":
            out.append("\n" + "  " * depth + field + "(")
            depth, field = depth + 1, ""
        elif token == ")":
            out.append(token)
            depth -= 1
        elif token.endswith(":"):
            field = token + " "
        else:
            out.append(token if out[-1].endswith("(") else " " + token)
    return "".join(out).lstrip()


def judged(folder):
    for file in sorted(folder.iterdir()):
        yield file.name, file.read_bytes()


def corpus(parser):
    """The trees of the examples, in the form of `tree-sitter test`."""
    folder = HERE / "corpus"
    wanted = {}
    for base in ("examples", "testdata/language"):
        for file in sorted((ROOT / base).rglob("*.weave")):
            text = file.read_text()
            tree = indented(str(parser.parse(text.encode()).root_node))
            name = str(file.relative_to(ROOT))
            wanted[name.replace("/", "+").removesuffix(".weave") + ".txt"] = f"{RULE}\n{name}\n{RULE}\n\n{text}\n---\n\n{tree}\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        for name, text in wanted.items():
            (folder / name).write_text(text)
    there = {file.name: file.read_text() for file in folder.iterdir()} if folder.exists() else {}
    for name in sorted(wanted.keys() | there.keys()):
        if wanted.get(name) != there.get(name):
            problems.append(f"corpus/{name} is not what the parser gives: UPDATE_GOLDEN=1 make editors, and read the difference")


def generated():
    names = ["grammar.js", "src/grammar.json", "src/node-types.json", "src/parser.c"]
    sums = "".join(f"{hashlib.sha256((GRAMMAR / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    if (GRAMMAR / "src" / "GENERATED").read_text() != sums:
        problems.append("src/ is not generated from this grammar.js: make tree-sitter")


def main(cases):
    with tempfile.TemporaryDirectory() as work:
        weave = language(work)
    parser = tree_sitter.Parser(weave)
    found = {}
    queries = {}
    for file in sorted((GRAMMAR / "queries").glob("*.scm")):
        try:
            queries[file.name] = tree_sitter.Query(weave, file.read_text())
        except tree_sitter.QueryError as error:
            problems.append(f"queries/{file.name}: {error}")
    taken = 0
    for name, text in judged(cases / "valid"):
        root = parser.parse(text).root_node
        if root.has_error != (name in UNREAD):
            problems.append(f"{name} is a valid weave, and the grammar does not take it" if root.has_error else f"{name} is read: take it off UNREAD")
        taken += not root.has_error
        for query in queries:
            found[query] = found.get(query, 0) + len(tree_sitter.QueryCursor(queries[query]).captures(root))
    invalid = [parser.parse(text).root_node.has_error for _, text in judged(cases / "invalid")]
    if sum(invalid) < 0.9 * len(invalid):
        problems.append(f"{sum(invalid)} of {len(invalid)} invalid weaves are refused only")
    problems.extend(f"queries/{query} finds nothing" for query in queries if not found.get(query))
    corpus(parser)
    generated()
    print(f"{taken} valid weaves are taken, {sum(invalid)} of {len(invalid)} invalid ones refused")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
