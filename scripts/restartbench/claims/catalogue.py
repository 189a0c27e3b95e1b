"""The claims of the discussion of 2008: what each says, and what decides it."""

import dataclasses
from collections.abc import Callable

from . import evidence, rules


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim. `sentence` is what is judged; `sweeps` are the names of those (of
    restartbench.sweeps) whose cells decide it; `limit` is what its figures are held
    against, None for counts."""

    id: str
    sentence: str
    sweeps: tuple
    limit: float | None
    gather: Callable  # a System -> Evidence
    rule: Callable  # an Evidence -> Verdict


def _of_figures(rule):
    return lambda found: rule(found.figures)


# C6 is not of a system; judge.py gathers and judges it by itself.
GRAPHS = "C6"

CLAIMS = (
    Claim("C1", "Restarting in the kernel is more efficient for shared objects than in user space.",
          ("vm-sharing",), rules.EQUAL, evidence.kernel_against_userspace,
          _of_figures(rules.in_kernel_is_cheaper)),
    Claim("C2", "An object created only to be thrown away costs more than a reference to a "
          "shared one.",
          ("vm-objects", "native-objects"), rules.NOTHING, evidence.object_costs,
          _of_figures(rules.useless_objects_cost)),
    Claim("C3", "User space that clones with the right sharing (CLONE_VM, CLONE_FILES, ...) "
          "avoids that overhead.",
          ("vm-sharing", "native-sharing"), rules.EQUAL, evidence.planned_against_naive,
          _of_figures(rules.planning_avoids_waste)),
    Claim("C4", "Creating tasks and objects is not the dominant factor of restart time.",
          ("vm-sizes", "vm-memory", "native-sizes", "native-memory"), rules.DOMINANT_SHARE,
          evidence.share_of_creating, _of_figures(rules.creating_is_not_dominant)),
    Claim("C5", "Open files of the process that restarts cost a restart time, so that closing "
          "them before avoids useless work.",
          ("vm-creator", "native-creator"), rules.EQUAL, evidence.creators_files,
          _of_figures(rules.creators_files_cost)),
    Claim("C6", "Sharing that the tree does not show (A and C share, B between them does not) "
          "needs the kernel.",
          ("vm-coverage-3",), None, None, None),
    Claim("C7", "Creating everything shared and unsharing on demand adds reference counting only.",
          ("vm-sharing",), rules.REFERENCE_PRICE, evidence.optimistic_against_kernel,
          lambda found: rules.only_reference_counting(found.figures, found.second)),
    Claim("C8", "The kernel must check what user space gives it, and that costs less than a "
          "tenth of a restart.",
          ("vm-sharing", "vm-memory"), rules.CHECK_SHARE, evidence.share_of_checking,
          _of_figures(rules.checking_is_cheap)),
)
