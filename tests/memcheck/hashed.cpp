// XXH64 with a check: memcheck is told that all of what is hashed must have a value. A copy of
// uninitialised memory is no error for memcheck, and a file that is mapped is written to by
// copies alone.
#include <valgrind/memcheck.h>
#include <xxhash.h>

extern "C" {

XXH64_hash_t __real_XXH64(const void* input, size_t length, XXH64_hash_t seed);
XXH_errorcode __real_XXH64_update(XXH64_state_t* state, const void* input, size_t length);

XXH64_hash_t __wrap_XXH64(const void* input, size_t length, XXH64_hash_t seed) {
  (void)VALGRIND_CHECK_MEM_IS_DEFINED(input, length);
  return __real_XXH64(input, length, seed);
}

XXH_errorcode __wrap_XXH64_update(XXH64_state_t* state, const void* input, size_t length) {
  (void)VALGRIND_CHECK_MEM_IS_DEFINED(input, length);
  return __real_XXH64_update(state, input, length);
}

}  // extern "C"
