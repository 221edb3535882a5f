/* portability.h - the only place that uses compiler extensions. */
#ifndef LRSWEEP_COMMON_PORTABILITY_H
#define LRSWEEP_COMMON_PORTABILITY_H

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* MULTIVERSION before a function definition compiles it once for plain x86-64 and once for each of
 * the wider vector units; the loader picks what the CPU has. The sanitizers and clang 14 do not
 * support the indirect functions behind it. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
#define MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MULTIVERSION
#endif

/* Asks for the cache line of an address that is read soon. */
#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

/* FLUSH_DENORMALS() makes this thread take numbers below 1e-38 as 0: the momentum of a unit that
 * died decays into them, and some CPUs then calculate a hundred times slower. */
#if defined(__SSE__)
#include <xmmintrin.h>
#define FLUSH_DENORMALS()                                                                          \
    _mm_setcsr(_mm_getcsr() | 0x8040U) /* flush to zero, denormals are zero                        \
                                        */
#else
#define FLUSH_DENORMALS() ((void)0)
#endif

#endif
