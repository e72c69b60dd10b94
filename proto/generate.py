"""Writes what is generated from the contract: Python stubs and one descriptor set.

`make gen` writes them, `--check` proves the committed ones current, `--breaking` compares the
descriptor set with the one of the newest tag.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import google.api
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc  # type: ignore[import-untyped]  # It ships no types.

REPOSITORY = Path(__file__).resolve().parent.parent
PROTO = REPOSITORY / "proto"
PYTHON = REPOSITORY / "python"
API = PurePosixPath("algotrendy/api")
DESCRIPTORS = API / "descriptors.binpb"
TOOLS = Path(sys.executable).parent
PACKAGE_DOCSTRING = '"""Generated from proto/ by `make gen`; not edited by hand."""\n'


def main() -> None:
    """Run the step that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    step = parser.add_mutually_exclusive_group()
    step.add_argument("--check", action="store_true", help="fail when a committed file is stale")
    step.add_argument("--breaking", action="store_true", help="compare with the newest tag")
    arguments = parser.parse_args()
    if arguments.breaking:
        compare_with_newest_tag()
        return
    with tempfile.TemporaryDirectory() as folder:
        generated = Path(folder)
        generate(generated)
        stale = sorted(stale_files(generated))
        if arguments.check:
            if stale:
                names = "\n  ".join(str(PurePosixPath("python") / path) for path in stale)
                sys.exit(f"These files are not what proto/ says; run `make gen`:\n  {names}")
            return
        for path in stale:
            replace(PYTHON / path, generated / path)


def generate(output: Path) -> None:
    """Write stubs, packages and the descriptor set under `output`."""
    sources = sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto"))
    descriptors = output / DESCRIPTORS
    descriptors.parent.mkdir(parents=True)
    run_protoc(
        f"--python_out={output}",
        f"--mypy_out=quiet:{output}",
        f"--descriptor_set_out={descriptors}",
        "--include_imports",
        "--include_source_info",
        *sources,
    )
    # Only these: a file without a service would get an empty gRPC stub.
    services = [name for name in sources if name.endswith("_service.proto")]
    run_protoc(f"--grpc_python_out={output}", f"--mypy_grpc_out=quiet:{output}", *services)
    descriptors.write_bytes(without_foreign_comments(descriptors.read_bytes()))
    for folder in (output / API, *(path for path in (output / API).rglob("*") if path.is_dir())):
        (folder / "__init__.py").write_text(PACKAGE_DOCSTRING, "utf-8")


def run_protoc(*arguments: str) -> None:
    """Run protoc on our contract and the google/* files that installed packages carry."""
    plugins = [
        f"--plugin={name}={TOOLS / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
    ]
    folders = (
        PROTO,
        Path(google.api.__path__[0]).parent.parent,
        Path(protoc.__file__).parent / "_proto",
    )
    paths = [f"--proto_path={folder}" for folder in folders]
    status = protoc.main(["protoc", *paths, *plugins, *arguments])
    if status != 0:
        sys.exit(status)


def without_foreign_comments(serialized: bytes) -> bytes:
    """Drop the comments of google/*: nobody reads them here, and they are most of the bytes."""
    descriptors = FileDescriptorSet.FromString(serialized)
    for file in descriptors.file:
        if not file.name.startswith(f"{API}/"):
            file.ClearField("source_code_info")
    return descriptors.SerializeToString(deterministic=True)


def stale_files(generated: Path) -> Iterator[PurePosixPath]:
    """Yield every file that is missing, differs or should not exist, relative to python/."""
    for path in {*files_below(generated), *files_below(PYTHON)}:
        new, old = generated / path, PYTHON / path
        if not new.exists() or not old.exists() or new.read_bytes() != old.read_bytes():
            yield path


def files_below(root: Path) -> Iterator[PurePosixPath]:
    """Yield the generated files below `root`, relative to it."""
    for path in (root / API).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield PurePosixPath(path.relative_to(root).as_posix())


def replace(old: Path, new: Path) -> None:
    """Make `old` what `new` is, including absent."""
    if not new.exists():
        old.unlink()
        return
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_bytes(new.read_bytes())


def compare_with_newest_tag() -> None:
    """Fail when the descriptor set breaks a client of the newest tag; without a tag, say so."""
    tag = git("tag", "--sort=-creatordate").decode().split("\n", 1)[0]
    if not tag:
        sys.stdout.write("buf breaking: no tag yet, so nothing to break.\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        released = Path(folder) / "descriptors.binpb"
        released.write_bytes(git("show", f"{tag}:python/{DESCRIPTORS}"))
        command = [
            str(TOOLS / "buf"),
            "breaking",
            str(PYTHON / DESCRIPTORS),
            "--against",
            str(released),
        ]
        status = subprocess.run(command, cwd=REPOSITORY, check=False).returncode  # noqa: S603 - our own tool
    sys.exit(status)


def git(*arguments: str) -> bytes:
    """Return what git prints."""
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - fixed words


if __name__ == "__main__":
    main()
