"""Short lists of many images: `threads:n=1,10,100 (kernel)`."""


def listing(figures, all_figures=()):
    """The places of the figures, each once, in order.

    Strategies are named where a place does not have all of its figures (`all_figures`)
    in the list.
    """
    who_of = _strategies(figures)
    who_of_all = _strategies(all_figures or figures)
    groups = {}  # the strategies to name -> the places
    for where, who in who_of.items():
        named = tuple(name for name in who if name)
        if set(who) == set(who_of_all.get(where, who)):
            named = ()
        groups.setdefault(named, []).append(where)
    parts = []
    for named, places in groups.items():
        text = ", ".join(merged(places))
        parts.append(f"{text} ({', '.join(named)})" if named else text)
    return ", ".join(parts)


def _strategies(figures):
    found = {}
    for figure in figures:
        names = found.setdefault(figure.where, [])
        if figure.who not in names:
            names.append(figure.who)
    return found


def merged(names):
    """Names that follow each other and differ in one parameter only are written as one."""
    result = []  # lists of pieces; a piece is [key, values]
    for name in names:
        pieces = [[key, [value]] for key, _, value in
                  (piece.partition("=") for piece in name.split(":"))]
        if not (result and _merge(result[-1], pieces)):
            result.append(pieces)
    return [":".join(key + ("=" + ",".join(values) if values != [""] else "")
                     for key, values in pieces) for pieces in result]


def _merge(known, pieces):
    """Adds the one value in which `pieces` differs to `known`; False if there is no such."""
    if [key for key, _ in known] != [key for key, _ in pieces]:
        return False
    different = [index for index, (old, new) in enumerate(zip(known, pieces))
                 if old[1] != new[1]]
    several = [index for index, piece in enumerate(known) if len(piece[1]) > 1]
    if len(different) != 1 or several not in ([], different):
        return False
    known[different[0]][1].extend(pieces[different[0]][1])
    return True
