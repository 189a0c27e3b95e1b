// What bench needs of its own process before it does anything.
#pragma once

namespace rb {

/// Makes descriptors 0 to 2 ones of /dev/null that cannot be written to if they are closed, so
/// that no file that is opened later gets what is printed. A file that is larger than
/// RLIMIT_FSIZE becomes an error of write(2), not a death by SIGXFSZ. A mapped file that is cut
/// short or cannot be read ends bench with one error and exit code 1, not by SIGBUS: whatever
/// it has begun ends as if it was killed. Call it first.
void prepare_process();

}  // namespace rb
