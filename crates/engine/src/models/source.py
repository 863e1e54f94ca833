"""Fetches one archive of sources from wherever pip is configured to look, and runs nothing of it.

pip itself runs code of the package, and of whatever that names to build it with, even to download it. Here pip only
finds the address: its own settings, index, proxy, certificates and credentials hold. What arrives is checked by the
caller.

Arguments: name, version, name of the archive, its size, where to put it.
"""

import sys

from pip._internal.commands import create_command

name, version, archive, size, target = sys.argv[1:]
command = create_command("download")
options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:", "--no-input", f"{name}=={version}"])
with command.main_context():
    session = command.get_default_session(options)
    finder = command._build_package_finder(options=options, session=session, ignore_requires_python=True)
    links = [found.link for found in finder.find_all_candidates(name) if found.link.filename == archive]
    if not links:
        sys.exit(f"no place that pip knows has {archive}")
    answer = session.get(links[0].url_without_fragment, headers={"Accept-Encoding": "identity"}, stream=True)
    answer.raise_for_status()
    raw, piece_bytes, left = answer.raw, 1 << 16, int(size)
    # What lies on this machine comes as a plain file; what comes over the network must not be unpacked on the way.
    is_file = not hasattr(raw, "stream")
    pieces = iter(lambda: raw.read(piece_bytes), b"") if is_file else raw.stream(piece_bytes, decode_content=False)
    with open(target, "wb") as file:
        for piece in pieces:
            left -= len(piece)
            if left < 0:
                sys.exit(f"{archive} is longer than it should be")
            file.write(piece)
