/* Power spectra of many frames at once, their products with filter banks, and decibels, in single precision.
 *
 * Conventions. Sixteen frames are computed side by side: wherever a textbook has a number, there is a row of LANES numbers
 * here, one for each frame, so that every loop over lanes becomes vector instructions on any processor, without shuffles.
 * The samples are laid out for that first: row j of `columns` holds sample j of every hop, so that sample n of consecutive
 * frames is found side by side from column n / hop of row n % hop on, and overlapping frames share what was copied.
 *
 * The real transform of 2 m samples is the complex one of m pairs of them (even samples real, odd ones imaginary), of mixed
 * radix, decimated in time, in place, with the pairs read in digit-reversed order; the two halves are then told apart
 * (Sorensen et al. 1987, https://doi.org/10.1109/TASSP.1987.1165220). What the transform needs to know, audiofeat.dsp.lanes
 * works out once for each length.
 *
 * No frame sees another, so that its values depend neither on its neighbours nor on where it stands.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <float.h>
#include <stdint.h>
#include <string.h>

#define LANES 16
/* Frames that are laid out together, at most: enough to share the samples of overlapping frames, few enough for the cache. */
#define GROUP 64
/* Points of a complex transform whose lanes fit the first-level cache (32 KiB). */
#define NEAR 256

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
#define EACH_LANE UNCONNECTED for (int l = 0; l < LANES; l++)

/* Sums over many bins have to stay in registers, which compilers grant to a type and not to an array. */
#if defined(__GNUC__) || defined(__clang__)
typedef float Row __attribute__((vector_size(LANES * sizeof(float)), may_alias));
#define ADD(sum, weight, row) sum += (weight) * *(const Row *)(row)
#define ADD_ROW(sum, other) sum += other
#else
typedef struct {
    float lane[LANES];
} Row;
#define ADD(sum, weight, row) EACH_LANE sum.lane[l] += (weight) * (row)[l]
#define ADD_ROW(sum, other) EACH_LANE sum.lane[l] += other.lane[l]
#endif

typedef Py_ssize_t size;

typedef struct {
    const int32_t *edges;  /* first bin and the bin after the last of each filter */
    const float *weights;  /* those of all filters, one after the other */
    float *out;            /* (n_filters, n_frames) */
    size n_filters;
} Bank;

typedef struct {
    const float *samples;
    size n_samples, start; /* the first frame begins at sample `start`, which may lie before the clip */
    size hop, n_frames, n_fft;
    const float *window;
    const int32_t *order;   /* first pair of each of the first butterflies */
    const int32_t *factors; /* radix of each stage, the first one 4 or 8 */
    size n_factors;
    const float *twiddles;
    float *power; /* (n_bins, n_frames) or NULL */
    const Bank *banks;
    size n_banks;
    float *scratch;
} Job;

/* Rows and columns of samples that `group` frames need. */
static size n_rows(size n_fft, size hop) { return hop < n_fft ? hop : n_fft; }

static size row_length(size n_fft, size hop, size group) {
    size length = (group + (n_fft - 1) / hop + LANES - 1) / LANES * LANES;
    /* An odd number of cache lines, so that the rows of a power of two do not fall onto each other in the cache. */
    return length / LANES % 2 ? length : length + LANES;
}

static size most_frames(size n_fft) { return n_fft > 16 * GROUP ? GROUP / 2 : GROUP; }

static size scratch_size(size n_fft, size hop) {
    size columns = n_rows(n_fft, hop) * row_length(n_fft, hop, most_frames(n_fft));
    /* Columns, points, power, window, two lists of places; and room to align them to a cache line. */
    return columns + n_fft * LANES + (n_fft / 2 + 1) * LANES + 3 * n_fft + LANES;
}

INLINED void lay_out(const Job *job, size first, size rows, size n_columns, size length, float *columns) {
    size column = 0;
    size origin = job->start + first * job->hop;
    while (column < n_columns) {
        size at = origin + column * job->hop;
        if (column + LANES <= n_columns && at >= 0 && at + (LANES - 1) * job->hop + rows <= job->n_samples) {
            const float *from = job->samples + at;
            for (size j = 0; j < rows; j++)
                for (int c = 0; c < LANES; c++) columns[j * length + column + c] = from[c * job->hop + j];
            column += LANES;
            continue;
        }
        /* Zeros stand before and after the clip. */
        size before = at < 0 ? (-at < rows ? -at : rows) : 0;
        size stop = job->n_samples - at < rows ? job->n_samples - at : rows;
        if (stop < before) stop = before;
        for (size j = 0; j < before; j++) columns[j * length + column] = 0;
        for (size j = before; j < stop; j++) columns[j * length + column] = job->samples[at + j];
        for (size j = stop; j < rows; j++) columns[j * length + column] = 0;
        column++;
    }
}

/* Real and imaginary parts of a point, one after the other. */
#define POINT(i) (z + (size)(i) * 2 * LANES)

INLINED void first_of_4(const float *columns, const int32_t *place, const float *window, size n, float *z) {
    for (size g = 0; g < n; g += 4, place += 8, window += 8) {
        const float *x0 = columns + place[0], *x1 = columns + place[1], *x2 = columns + place[2], *x3 = columns + place[3];
        const float *x4 = columns + place[4], *x5 = columns + place[5], *x6 = columns + place[6], *x7 = columns + place[7];
        float *out = POINT(g);
        EACH_LANE {
            float ar = x0[l] * window[0], ai = x1[l] * window[1], br = x2[l] * window[2], bi = x3[l] * window[3];
            float cr = x4[l] * window[4], ci = x5[l] * window[5], dr = x6[l] * window[6], di = x7[l] * window[7];
            float pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
            float sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
            out[l] = pr + qr, out[LANES + l] = pi + qi;
            out[2 * LANES + l] = sr + ti, out[3 * LANES + l] = si - tr;
            out[4 * LANES + l] = pr - qr, out[5 * LANES + l] = pi - qi;
            out[6 * LANES + l] = sr - ti, out[7 * LANES + l] = si + tr;
        }
    }
}

INLINED void first_of_8(const float *columns, const int32_t *place, const float *window, size n, float *z) {
    const float half = 0.70710678118654752440f;
    for (size g = 0; g < n; g += 8, place += 16, window += 16) {
        const float *x[16];
        for (int i = 0; i < 16; i++) x[i] = columns + place[i];
        float *out = POINT(g);
        EACH_LANE {
            /* Points 0, 2, 4, 6 */
            float ar = x[0][l] * window[0], ai = x[1][l] * window[1], br = x[4][l] * window[4], bi = x[5][l] * window[5];
            float cr = x[8][l] * window[8], ci = x[9][l] * window[9], dr = x[12][l] * window[12], di = x[13][l] * window[13];
            float pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
            float sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
            float e0r = pr + qr, e0i = pi + qi, e1r = sr + ti, e1i = si - tr;
            float e2r = pr - qr, e2i = pi - qi, e3r = sr - ti, e3i = si + tr;
            /* Points 1, 3, 5, 7 */
            ar = x[2][l] * window[2], ai = x[3][l] * window[3], br = x[6][l] * window[6], bi = x[7][l] * window[7];
            cr = x[10][l] * window[10], ci = x[11][l] * window[11], dr = x[14][l] * window[14], di = x[15][l] * window[15];
            pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
            sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
            float o0r = pr + qr, o0i = pi + qi, o2r = pr - qr, o2i = pi - qi;
            /* Turned by 1/8 and 3/8. */
            float ur = sr + ti, ui = si - tr, vr = sr - ti, vi = si + tr;
            float o1r = half * (ur + ui), o1i = half * (ui - ur), o3r = half * (vi - vr), o3i = -half * (vr + vi);
            out[l] = e0r + o0r, out[LANES + l] = e0i + o0i;
            out[2 * LANES + l] = e1r + o1r, out[3 * LANES + l] = e1i + o1i;
            out[4 * LANES + l] = e2r + o2i, out[5 * LANES + l] = e2i - o2r;
            out[6 * LANES + l] = e3r + o3r, out[7 * LANES + l] = e3i + o3i;
            out[8 * LANES + l] = e0r - o0r, out[9 * LANES + l] = e0i - o0i;
            out[10 * LANES + l] = e1r - o1r, out[11 * LANES + l] = e1i - o1i;
            out[12 * LANES + l] = e2r - o2i, out[13 * LANES + l] = e2i + o2r;
            out[14 * LANES + l] = e3r - o3r, out[15 * LANES + l] = e3i - o3i;
        }
    }
}

/* A point times the twiddle factor w[0] + i w[1]. */
#define TURNED(re, im, x, w)                                                                                                 \
    float re = x[l] * (w)[0] - x[LANES + l] * (w)[1], im = x[l] * (w)[1] + x[LANES + l] * (w)[0]

INLINED void combine_3(float *z, size n, size k, const float *twiddles) {
    const float half = 0.86602540378443864676f; /* sin(pi / 3) */
    for (size b = 0; b < n; b += 3 * k)
        for (size i = 0; i < k; i++) {
            const float *w = twiddles + 4 * i;
            float *a = POINT(b + i), *c1 = POINT(b + i + k), *c2 = POINT(b + i + 2 * k);
            EACH_LANE {
                float ar = a[l], ai = a[LANES + l];
                TURNED(br, bi, c1, w);
                TURNED(cr, ci, c2, w + 2);
                float pr = br + cr, pi = bi + ci, qr = half * (br - cr), qi = half * (bi - ci);
                float sr = ar - 0.5f * pr, si = ai - 0.5f * pi;
                a[l] = ar + pr, a[LANES + l] = ai + pi;
                c1[l] = sr + qi, c1[LANES + l] = si - qr;
                c2[l] = sr - qi, c2[LANES + l] = si + qr;
            }
        }
}

INLINED void combine_4(float *z, size n, size k, const float *twiddles) {
    for (size b = 0; b < n; b += 4 * k)
        for (size i = 0; i < k; i++) {
            const float *w = twiddles + 6 * i;
            float *a = POINT(b + i), *c1 = POINT(b + i + k), *c2 = POINT(b + i + 2 * k), *c3 = POINT(b + i + 3 * k);
            EACH_LANE {
                float ar = a[l], ai = a[LANES + l];
                TURNED(br, bi, c1, w);
                TURNED(cr, ci, c2, w + 2);
                TURNED(dr, di, c3, w + 4);
                float pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
                float sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
                a[l] = pr + qr, a[LANES + l] = pi + qi;
                c1[l] = sr + ti, c1[LANES + l] = si - tr;
                c2[l] = pr - qr, c2[LANES + l] = pi - qi;
                c3[l] = sr - ti, c3[LANES + l] = si + tr;
            }
        }
}

INLINED void combine_5(float *z, size n, size k, const float *twiddles) {
    /* cos and sin of 2 pi / 5 and 4 pi / 5 */
    const float c72 = 0.30901699437494742410f, c144 = -0.80901699437494742410f;
    const float s72 = 0.95105651629515357212f, s144 = 0.58778525229247312917f;
    for (size b = 0; b < n; b += 5 * k)
        for (size i = 0; i < k; i++) {
            const float *w = twiddles + 8 * i;
            float *a = POINT(b + i), *c1 = POINT(b + i + k), *c2 = POINT(b + i + 2 * k);
            float *c3 = POINT(b + i + 3 * k), *c4 = POINT(b + i + 4 * k);
            EACH_LANE {
                float ar = a[l], ai = a[LANES + l];
                TURNED(br, bi, c1, w);
                TURNED(cr, ci, c2, w + 2);
                TURNED(dr, di, c3, w + 4);
                TURNED(er, ei, c4, w + 6);
                float pr = br + er, pi = bi + ei, qr = cr + dr, qi = ci + di;
                float sr = br - er, si = bi - ei, tr = cr - dr, ti = ci - di;
                float ur = ar + c72 * pr + c144 * qr, ui = ai + c72 * pi + c144 * qi;
                float vr = ar + c144 * pr + c72 * qr, vi = ai + c144 * pi + c72 * qi;
                float xr = s72 * si + s144 * ti, xi = s72 * sr + s144 * tr;
                float yr = s144 * si - s72 * ti, yi = s144 * sr - s72 * tr;
                a[l] = ar + pr + qr, a[LANES + l] = ai + pi + qi;
                c1[l] = ur + xr, c1[LANES + l] = ui - xi;
                c2[l] = vr + yr, c2[LANES + l] = vi - yi;
                c3[l] = vr - yr, c3[LANES + l] = vi + yi;
                c4[l] = ur - xr, c4[LANES + l] = ui + xi;
            }
        }
}

INLINED void combine(float *z, size n, size k, int32_t radix, const float *twiddles) {
    if (radix == 4)
        combine_4(z, n, k, twiddles);
    else if (radix == 3)
        combine_3(z, n, k, twiddles);
    else
        combine_5(z, n, k, twiddles);
}

INLINED void transform(const Job *job, const float *columns, const int32_t *place, const float *window, float *z) {
    size m = job->n_fft / 2, first = job->factors[0];
    /* Parts that stay in the first-level cache are brought as far as they go by themselves. */
    size part = first, near = 1;
    while (near < job->n_factors && part * job->factors[near] <= NEAR) part *= job->factors[near++];
    const float *twiddles = job->twiddles;
    for (size begin = 0; begin < m; begin += part) {
        float *inside = POINT(begin);
        if (first == 4)
            first_of_4(columns, place + 2 * begin, window + 2 * begin, part, inside);
        else
            first_of_8(columns, place + 2 * begin, window + 2 * begin, part, inside);
        twiddles = job->twiddles;
        for (size stage = 1, k = first; stage < near; k *= job->factors[stage++]) {
            combine(inside, part, k, job->factors[stage], twiddles);
            twiddles += 2 * k * (job->factors[stage] - 1);
        }
    }
    for (size stage = near, k = part; stage < job->n_factors; k *= job->factors[stage++]) {
        combine(z, m, k, job->factors[stage], twiddles);
        twiddles += 2 * k * (job->factors[stage] - 1);
    }
}

/* Tell the transforms of even and odd samples apart and square; the window was halved for that. */
INLINED void take_power(const float *z, size m, const float *turn, float *power) {
    EACH_LANE {
        float sum = 2 * (z[l] + z[LANES + l]), difference = 2 * (z[l] - z[LANES + l]);
        power[l] = sum * sum, power[m * LANES + l] = difference * difference;
    }
    for (size i = 1; i <= m / 2; i++) {
        const float *a = POINT(i), *b = POINT(m - i);
        float *low = power + i * LANES, *high = power + (m - i) * LANES;
        float wr = turn[2 * i], wi = turn[2 * i + 1];
        EACH_LANE {
            float er = a[l] + b[l], ei = a[LANES + l] - b[LANES + l];
            float dr = a[LANES + l] + b[LANES + l], di = b[l] - a[l];
            float tr = wr * dr - wi * di, ti = wr * di + wi * dr;
            float xr = er + tr, xi = ei + ti, yr = er - tr, yi = ei - ti;
            low[l] = xr * xr + xi * xi, high[l] = yr * yr + yi * yi;
        }
    }
}

INLINED void multiply(const Bank *bank, const float *power, size at, size count, size n_frames) {
    const float *weights = bank->weights;
    for (size filter = 0; filter < bank->n_filters; filter++) {
        size bin = bank->edges[2 * filter], stop = bank->edges[2 * filter + 1];
        /* Two sums, so that an addition need not wait for the one before. */
        Row sum = {0}, odd = {0};
        const float *row = power + bin * LANES;
        for (; bin + 1 < stop; bin += 2, weights += 2, row += 2 * LANES) {
            ADD(sum, weights[0], row);
            ADD(odd, weights[1], row + LANES);
        }
        if (bin < stop) {
            ADD(sum, weights[0], row);
            weights++;
        }
        ADD_ROW(sum, odd);
        memcpy(bank->out + filter * n_frames + at, &sum, count * sizeof(float));
    }
}

/* Bring pairs of four-byte numbers into the order in which the first butterflies read them. */
INLINED void bring_into_order(const Job *job, const void *from, void *to) {
    size first = job->factors[0], groups = job->n_fft / 2 / first;
    for (size g = 0; g < groups; g++)
        for (size i = 0; i < first; i++)
            memcpy((char *)to + 8 * (g * first + i), (const char *)from + 8 * (job->order[g] + i * groups), 8);
}

INLINED void copy_rows(const float *rows, size n, size count, float *out, size length) {
    /* A copy of a size that the compiler knows is one instruction. */
    if (count == LANES)
        for (size i = 0; i < n; i++) memcpy(out + i * length, rows + i * LANES, LANES * sizeof(float));
    else
        for (size i = 0; i < n; i++) memcpy(out + i * length, rows + i * LANES, count * sizeof(float));
}

INLINED void work(const Job *job) {
    size n_fft = job->n_fft, m = n_fft / 2, hop = job->hop, rows = n_rows(n_fft, hop), most = most_frames(n_fft);
    float *columns = (float *)(((uintptr_t)job->scratch + 63) / 64 * 64);
    float *z = columns + rows * row_length(n_fft, hop, most), *power = z + n_fft * LANES;
    float *window = power + (m + 1) * LANES;
    int32_t *place = (int32_t *)(window + n_fft);
    const float *turn = job->twiddles;
    for (size stage = 1, k = job->factors[0]; stage < job->n_factors; k *= job->factors[stage++])
        turn += 2 * k * (job->factors[stage] - 1);
    int32_t *in_order = place + n_fft;
    size length = 0;
    bring_into_order(job, job->window, window);
    for (size n = 0; n < n_fft; n++) window[n] *= 0.5f;
    for (size done = 0; done < job->n_frames; done += most) {
        size group = job->n_frames - done < most ? job->n_frames - done : most;
        size lanes = (group + LANES - 1) / LANES * LANES;
        if (length != row_length(n_fft, hop, lanes)) {
            length = row_length(n_fft, hop, lanes);
            /* Sample n stands in row n % hop from column n / hop on. */
            for (size n = 0, row = 0, column = 0; n < n_fft; n++, row++) {
                if (row == hop) row = 0, column++;
                in_order[n] = (int32_t)(row * length + column);
            }
            bring_into_order(job, in_order, place);
        }
        lay_out(job, done, rows, lanes + (n_fft - 1) / hop, length, columns);
        for (size at = 0; at < group; at += LANES) {
            size count = group - at < LANES ? group - at : LANES;
            transform(job, columns + at, place, window, z);
            take_power(z, m, turn, power);
            if (job->power)
                copy_rows(power, m + 1, count, job->power + done + at, job->n_frames);
            for (size b = 0; b < job->n_banks; b++) multiply(&job->banks[b], power, done + at, count, job->n_frames);
        }
    }
}

/* The largest of n numbers; not finite if one of them is not. */
INLINED float largest_of(const float *values, size n) {
    float most = values[0], sum = 0;
    size i = 0;
    if (n >= LANES) {
        float largest[LANES], sums[LANES] = {0};
        memcpy(largest, values, sizeof largest);
        for (; i + LANES <= n; i += LANES) {
            const float *x = values + i;
            /* Nothing finite times 0 is 0. */
            EACH_LANE { largest[l] = x[l] > largest[l] ? x[l] : largest[l], sums[l] += 0 * x[l]; }
        }
        for (int l = 0; l < LANES; l++) most = largest[l] > most ? largest[l] : most, sum += sums[l];
    }
    for (; i < n; i++) most = values[i] > most ? values[i] : most, sum += 0 * values[i];
    return most + sum;
}

/* Ten times the decimal logarithms of n numbers, or of the floor where they lie under it: normal, positive and finite. */
INLINED void to_decibels(const float *power, size n, float floor, float *out) {
    /* 10 log10(1 + f) / f between the roots of 1/2 and 2, within 3e-8 of it: fitted by weighted least squares until the
       largest error no longer fell. */
    const float c0 = 4.34294471f, c1 = -2.17147189f, c2 = 1.44768529f, c3 = -1.08582628f, c4 = 0.86671427f;
    const float c5 = -0.719295574f, c6 = 0.649368659f, c7 = -0.623944178f, c8 = 0.378807316f;
    const float octave = 3.01029995663981195f;
    UNCONNECTED for (size i = 0; i < n; i++) {
        float x = power[i] > floor ? power[i] : floor, f;
        int32_t bits;
        memcpy(&bits, &x, sizeof bits);
        /* Powers of two, counted from the root of 1/2. */
        int32_t exponent = (bits - 0x3f3504f3) >> 23;
        bits -= exponent * (1 << 23);
        memcpy(&f, &bits, sizeof f);
        f -= 1;
        float q = c8 * f + c7;
        q = q * f + c6, q = q * f + c5, q = q * f + c4, q = q * f + c3, q = q * f + c2, q = q * f + c1, q = q * f + c0;
        out[i] = (float)exponent * octave + q * f;
    }
}

/* The same work, compiled for what the processor may have. */
static void work_anywhere(const Job *job) { work(job); }
static float largest_anywhere(const float *x, size n) { return largest_of(x, n); }
static void decibels_anywhere(const float *x, size n, float floor, float *out) { to_decibels(x, n, floor, out); }
#if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
#define CHOSEN_BY_PROCESSOR
#define NARROW "avx2,fma"
#if defined(__clang__)
#define WIDE "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"
#else
#define WIDE "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512"
#endif
#define FOR(instructions) __attribute__((target(instructions))) static
FOR(NARROW) void work_avx2(const Job *job) { work(job); }
FOR(NARROW) float largest_avx2(const float *x, size n) { return largest_of(x, n); }
FOR(NARROW) void decibels_avx2(const float *x, size n, float floor, float *out) { to_decibels(x, n, floor, out); }
FOR(WIDE) void work_avx512(const Job *job) { work(job); }
FOR(WIDE) float largest_avx512(const float *x, size n) { return largest_of(x, n); }
FOR(WIDE) void decibels_avx512(const float *x, size n, float floor, float *out) { to_decibels(x, n, floor, out); }
#endif

static const struct {
    const char *name;
    void (*work)(const Job *);
    float (*largest)(const float *, size);
    void (*decibels)(const float *, size, float, float *);
} ways[] = {
#ifdef CHOSEN_BY_PROCESSOR
    {"avx512", work_avx512, largest_avx512, decibels_avx512},
    {"avx2", work_avx2, largest_avx2, decibels_avx2},
#endif
    {"baseline", work_anywhere, largest_anywhere, decibels_anywhere},
};
#define N_WAYS ((int)(sizeof ways / sizeof *ways))
static int chosen = N_WAYS - 1, fastest = N_WAYS - 1;

/* The fastest way that this processor has is the first one it can go. */
static void look_at_processor(void) {
#ifdef CHOSEN_BY_PROCESSOR
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    fastest = avx512 ? 0 : avx2 ? 1 : 2;
#endif
    chosen = fastest;
}

#define MOST_BANKS 16

static PyObject *spectra(PyObject *self, PyObject *args) {
    Py_buffer samples, window, order, factors, twiddles, scratch;
    Py_buffer buffers[1 + 3 * MOST_BANKS]; /* of what is written, and of filter banks */
    Bank banks[MOST_BANKS];
    int n_buffers = 0, bad = 1;
    Job job;
    PyObject *power, *list;
    if (!PyArg_ParseTuple(args, "y*nnny*y*y*y*w*OO!", &samples, &job.start, &job.hop, &job.n_frames, &window, &order,
                          &factors, &twiddles, &scratch, &power, &PyTuple_Type, &list))
        return NULL;
    job.samples = samples.buf, job.n_samples = samples.len / (size)sizeof(float);
    job.window = window.buf, job.n_fft = window.len / (size)sizeof(float);
    job.order = order.buf, job.factors = factors.buf, job.n_factors = factors.len / (size)sizeof(int32_t);
    job.twiddles = twiddles.buf, job.scratch = scratch.buf, job.power = NULL;
    job.banks = banks, job.n_banks = PyTuple_Size(list);
    size n_bins = job.n_fft / 2 + 1;

    /* Nothing is read or written outside what was given, whatever was given. */
    size points = job.n_factors ? 1 : 0, needed = n_bins + 1;
    for (size i = 0; i < job.n_factors && points <= job.n_fft; i++) {
        size radix = job.factors[i];
        if (i ? radix < 3 || radix > 5 : radix != 4 && radix != 8) points = job.n_fft + 1;
        if (i) needed += 2 * points * (radix - 1);
        points *= radix;
    }
    int fits = job.hop > 0 && job.hop < (size)1 << 30 && job.n_frames >= 0 && job.n_fft > 0 && 2 * points == job.n_fft && job.n_banks <= MOST_BANKS &&
               job.n_fft <= 1 << 20 && twiddles.len >= needed * (size)sizeof(float) &&
               order.len == points / job.factors[0] * (size)sizeof(int32_t) &&
               scratch.len >= scratch_size(job.n_fft, job.hop) * (size)sizeof(float);
    for (size i = 0; fits && i < points / job.factors[0]; i++)
        fits = job.order[i] >= 0 && job.order[i] < points / job.factors[0];
    if (!fits) goto refuse;
    if (power != Py_None) {
        if (PyObject_GetBuffer(power, &buffers[n_buffers], PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS)) goto done;
        job.power = buffers[n_buffers].buf;
        if (buffers[n_buffers++].len != n_bins * job.n_frames * (size)sizeof(float)) goto refuse;
    }
    for (size b = 0; b < job.n_banks; b++) {
        PyObject *edges, *weights, *out;
        if (!PyArg_ParseTuple(PyTuple_GetItem(list, b), "OOO", &edges, &weights, &out)) goto done;
        if (PyObject_GetBuffer(edges, &buffers[n_buffers], PyBUF_C_CONTIGUOUS)) goto done;
        banks[b].edges = buffers[n_buffers].buf;
        banks[b].n_filters = buffers[n_buffers++].len / (2 * (size)sizeof(int32_t));
        if (PyObject_GetBuffer(weights, &buffers[n_buffers], PyBUF_C_CONTIGUOUS)) goto done;
        banks[b].weights = buffers[n_buffers].buf;
        size n_weights = buffers[n_buffers++].len / (size)sizeof(float);
        if (PyObject_GetBuffer(out, &buffers[n_buffers], PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS)) goto done;
        banks[b].out = buffers[n_buffers].buf;
        if (buffers[n_buffers++].len != banks[b].n_filters * job.n_frames * (size)sizeof(float)) goto refuse;
        for (size i = 0; i < banks[b].n_filters; i++) {
            size bin = banks[b].edges[2 * i], stop = banks[b].edges[2 * i + 1];
            if (bin < 0 || stop < bin || stop > n_bins || (n_weights -= stop - bin) < 0) goto refuse;
        }
    }
    Py_BEGIN_ALLOW_THREADS
    ways[chosen].work(&job);
    Py_END_ALLOW_THREADS
    bad = 0;
    goto done;
refuse:
    PyErr_SetString(PyExc_ValueError, "The arrays do not fit each other; see audiofeat.dsp.lanes.");
done:
    while (n_buffers) PyBuffer_Release(&buffers[--n_buffers]);
    PyBuffer_Release(&samples), PyBuffer_Release(&window), PyBuffer_Release(&order), PyBuffer_Release(&factors);
    PyBuffer_Release(&twiddles), PyBuffer_Release(&scratch);
    if (bad) return NULL;
    Py_RETURN_NONE;
}

static PyObject *decibels(PyObject *self, PyObject *args) {
    Py_buffer power, out;
    double floor, share;
    if (!PyArg_ParseTuple(args, "y*w*dd", &power, &out, &floor, &share)) return NULL;
    size n = power.len / (size)sizeof(float);
    int fits = n > 0 && out.len == power.len, done = 0;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        float most = ways[chosen].largest(power.buf, n);
        double least = most * share;
        floor = least > floor ? least : floor;
        /* Infinities, what is not a number, and floors among the smallest numbers are left to others. */
        if (most <= FLT_MAX && floor >= FLT_MIN && floor <= FLT_MAX) {
            ways[chosen].decibels(power.buf, n, (float)floor, out.buf);
            done = 1;
        }
        Py_END_ALLOW_THREADS
    } else {
        PyErr_SetString(PyExc_ValueError, "The arrays do not fit each other; see audiofeat.dsp.lanes.");
    }
    PyBuffer_Release(&power), PyBuffer_Release(&out);
    return fits ? PyBool_FromLong(done) : NULL;
}

static PyObject *needed_scratch(PyObject *self, PyObject *args) {
    Py_ssize_t n_fft, hop;
    if (!PyArg_ParseTuple(args, "nn", &n_fft, &hop)) return NULL;
    return PyLong_FromSsize_t(scratch_size(n_fft, hop));
}

static PyObject *instructions(PyObject *self, PyObject *args) {
    PyObject *names = PyList_New(0);
    for (int i = fastest; names && i < N_WAYS; i++) {
        PyObject *name = PyUnicode_FromString(ways[i].name);
        if (!name || PyList_Append(names, name)) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *choose(PyObject *self, PyObject *args) {
    const char *name;
    if (!PyArg_ParseTuple(args, "s", &name)) return NULL;
    for (int i = fastest; i < N_WAYS; i++)
        if (!strcmp(name, ways[i].name)) {
            chosen = i;
            Py_RETURN_NONE;
        }
    return PyErr_Format(PyExc_ValueError, "This processor has no %s.", name);
}

static PyMethodDef methods[] = {
    {"spectra", spectra, METH_VARARGS,
     "spectra(samples, start, hop, n_frames, window, order, factors, twiddles, scratch, power, banks)\n\n"
     "Compute the power spectra of frames, and products of filter banks with them, into arrays that are given."},
    {"scratch_size", needed_scratch, METH_VARARGS,
     "scratch_size(n_fft, hop)\n\nHow many float32 numbers `spectra` needs to work in."},
    {"decibels", decibels, METH_VARARGS,
     "decibels(power, out, floor, share)\n\nDecibels of powers, floored at `floor` or at a share of the largest, whichever is "
     "higher. False if it cannot be done here."},
    {"instructions", instructions, METH_NOARGS,
     "instructions()\n\nNames of the instructions that this processor has and the code was compiled for, fastest first."},
    {"choose", choose, METH_VARARGS, "choose(name)\n\nUse others than the fastest, for tests."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lanes",
    .m_doc = "Spectra of many frames at once; see audiofeat.dsp.lanes.",
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__lanes(void) {
    look_at_processor();
    return PyModule_Create(&module);
}
