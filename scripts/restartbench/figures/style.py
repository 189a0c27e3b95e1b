"""The look that all figures have in common.

Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which colour-blind
people tell apart; markers, line styles and hatches say the same once more, for print in
grey.
"""

from dataclasses import dataclass

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#666666", "#BBBBBB"


@dataclass(frozen=True)
class Look:
    """How one strategy is drawn wherever it appears."""

    colour: str
    marker: str
    line: object


# A strategy keeps its look from figure to figure and from run to run; one that is not
# named here takes the next free one.
LOOKS = {
    "userspace": Look(BLUE, "o", "-"),
    "kernel": Look(VERMILLION, "s", "-"),
    "optimistic": Look(GREEN, "^", "-"),
    "userspace-naive": Look(ORANGE, "v", (0, (5, 1.5))),
    "userspace-closerange": Look(SKY, "D", (0, (3, 1, 1, 1))),
    "bare": Look(BLACK, "x", (0, (4, 2))),
    "bare-files": Look(GREY, "+", (0, (1, 1.2))),
    "bare-memory": Look(PALE, "1", (0, (6, 2, 1, 2))),
}
FREE_LOOKS = (Look(PURPLE, "P", (0, (2, 1))), Look(YELLOW, "X", (0, (7, 1))),
              Look(GREY, "h", (0, (1, 2))), Look(BLUE, "<", (0, (1, 1))),
              Look(VERMILLION, ">", (0, (3, 2))))

# Fills of parts of a whole: neighbours differ in lightness, for print in grey. No hatches
# with dots: TeX takes minutes for the thousands of curves that they are.
FILLS = ((BLUE, ""), (SKY, "----"), (ORANGE, "////"), (GREEN, ""), (YELLOW, "\\\\\\\\"),
         (PURPLE, "xxxx"), (BLACK, ""), (GREY, "||||"))


@dataclass(frozen=True)
class Style:
    """paper: serif type of 8 points and no title; screen: larger, with titles."""

    name: str
    widths: dict  # inches
    font_size: float
    family: str
    dpi: int
    titles: bool

    def width(self, name):
        return self.widths[name]

    @property
    def unit(self):
        """Inches that a distance of one line of text takes."""
        return self.font_size / 72

    def settings(self):
        """rcParams; with fonttype 42 PDF files carry their fonts as TrueType."""
        size = self.font_size
        return {
            "pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "rb",
            "font.family": self.family, "font.serif": ["STIXGeneral"],
            "font.sans-serif": ["DejaVu Sans"], "font.size": size, "axes.labelsize": size,
            "axes.titlesize": size, "xtick.labelsize": size - 1, "ytick.labelsize": size - 1,
            "legend.fontsize": size - 1, "mathtext.fontset":
                "stix" if self.name == "paper" else "dejavusans",
            "axes.linewidth": 0.6, "grid.linewidth": 0.4, "grid.color": "#DDDDDD",
            "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False,
            "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4,
            "ytick.minor.width": 0.4, "xtick.major.size": 3, "ytick.major.size": 3,
            "xtick.minor.size": 1.5, "ytick.minor.size": 1.5,
            "lines.linewidth": size * 0.14, "lines.markersize": size * 0.5, "hatch.linewidth": 0.5,
            "legend.frameon": False, "legend.handlelength": 2.4, "legend.columnspacing": 1.4,
            "legend.handletextpad": 0.5, "legend.borderaxespad": 0.2, "legend.labelspacing": 0.3,
            "pgf.rcfonts": False, "savefig.dpi": self.dpi, "figure.dpi": self.dpi,
        }


STYLES = {
    "paper": Style("paper", {"column": 3.35, "text": 7.0}, 8, "serif", 300, False),
    "screen": Style("screen", {"column": 6.0, "text": 11.0}, 11, "sans-serif", 110, True),
}


def looks_of(strategies):
    """A look for each name."""
    free = iter(FREE_LOOKS * (1 + len(strategies) // len(FREE_LOOKS)))
    return {name: LOOKS.get(name) or next(free) for name in strategies}
