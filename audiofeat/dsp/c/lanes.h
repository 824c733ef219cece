/* What the compiled parts share: how loops are told to become vector instructions, and what is to be computed. */
#ifndef AUDIOFEAT_LANES_H
#define AUDIOFEAT_LANES_H

/* Python's stable interface, of 3.11: what is compiled serves later versions too. Python without its lock has none yet. */
#include <pyconfig.h>
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define INLINED static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define INLINED static __forceinline
#else
#define INLINED static inline
#endif

/* Steps of the loop that follows have nothing to do with each other, which compilers cannot know of points of one array. */
#if defined(__clang__)
#define UNCONNECTED _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define UNCONNECTED _Pragma("GCC ivdep")
#elif defined(_MSC_VER)
#define UNCONNECTED __pragma(loop(ivdep))
#else
#define UNCONNECTED
#endif

/* Functions are compiled for each set of instructions that the processor may have, the fastest first. */
#if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
#define CHOSEN_BY_PROCESSOR
#define N_WAYS 3
#if defined(__clang__)
#define FOR_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))) static
#else
#define FOR_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512"))) static
#endif
#define FOR_AVX2 __attribute__((target("avx2,fma"))) static
#else
#define N_WAYS 1
#endif

typedef Py_ssize_t size;

/* A filter bank, and where its products go; real numbers are float or double. */
typedef struct {
    const int32_t *edges; /* first bin and the bin after the last of each filter */
    const void *weights;  /* those of all filters, one after the other */
    void *out;            /* (n_filters, n_frames) */
    size n_filters;
} Bank;

typedef struct {
    const void *samples;
    size n_samples, start; /* the first frame begins at sample `start`, which may lie before the clip */
    size hop, n_frames, n_fft;
    const void *window;
    const int32_t *order;   /* first pair of each of the first butterflies */
    const int32_t *factors; /* radix of each stage, the first one 4 or 8 */
    size n_factors;
    const void *twiddles;
    void *power; /* (n_bins, n_frames) or NULL */
    const Bank *banks;
    size n_banks;
    void *scratch;
} Job;

/* In which type numbers are computed. */
typedef struct {
    size bytes; /* of a number */
    size (*scratch_size)(size n_fft, size hop);
    void (*work[N_WAYS])(const Job *);
} Precision;

extern const Precision single_precision, double_precision;

#endif
