// What is unread in the pseudo-terminals of a frozen tree.
#pragma once

#include "base/error.h"
#include "harness/capture/found.h"
#include "harness/capture/refusals.h"

namespace rb::capture {

/// Copies what is unread in both directions and finds whether output is stopped. A terminal
/// cannot be read without taking bytes out of it: a process of its own does that and puts them
/// back (pty_reader.h), so that the death of bench interrupts nothing. Where nothing is
/// unread, nothing is done; with lines (ICANON), it takes a look that is undone, too.
[[nodiscard]] Status read_ptys(FoundTree& found, Refusals& refusals);

}  // namespace rb::capture
