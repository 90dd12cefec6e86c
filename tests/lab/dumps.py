"""Databases with many principals, made of a few: the lines of a kdb5_util dump, multiplied."""

PRINCIPAL = "princ"
LENGTH, NAME = 2, 6  # columns of such a line


def multiplied(dump, principal, names):
    """The lines to add to the text of a dump so that what it has of `principal` is there under `names`, too."""
    columns = next(columns for columns in (line.split("\t") for line in dump.splitlines())
                   if columns[0] == PRINCIPAL and columns[NAME] == principal)
    for name in names:
        columns[LENGTH], columns[NAME] = str(len(name)), name
        yield "\t".join(columns) + "\n"


def fill(realm, principal, names):
    """Load a realm's database anew, with the entry of `principal` under `names`, too."""
    dump = realm.folder / "multiplied.dump"
    realm.kdb5_util("dump", dump)
    text = dump.read_text(encoding="utf-8")
    with open(dump, "a", encoding="utf-8") as file:
        file.writelines(multiplied(text, principal, names))
    realm.kdb5_util("load", dump)
    dump.unlink()
