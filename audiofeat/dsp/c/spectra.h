/* Power spectra of many frames at once, and their products with filter banks, for numbers of type REAL.
 *
 * Conventions. LANES frames are computed side by side: wherever a textbook has a number, there is a row of LANES numbers
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
#include "lanes.h"

/* Frames that are laid out together, at most: enough to share the samples of overlapping frames, few enough for the cache. */
#define GROUP 64
/* Points of a complex transform whose lanes fit the first-level cache (32 KiB). */
#define NEAR 256

#define EACH_LANE UNCONNECTED for (int l = 0; l < LANES; l++)

/* Sums over many bins have to stay in registers, which compilers grant to a type and not to an array. */
#if defined(__GNUC__) || defined(__clang__)
typedef REAL Row __attribute__((vector_size(LANES * sizeof(REAL)), may_alias));
#define ADD(sum, weight, row) sum += (weight) * *(const Row *)(row)
#define ADD_ROW(sum, other) sum += other
#else
typedef struct {
    REAL lane[LANES];
} Row;
#define ADD(sum, weight, row) EACH_LANE sum.lane[l] += (weight) * (row)[l]
#define ADD_ROW(sum, other) EACH_LANE sum.lane[l] += other.lane[l]
#endif

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

INLINED void lay_out(const Job *job, size first, size rows, size n_columns, size length, REAL *columns) {
    const REAL *samples = job->samples;
    size column = 0;
    size origin = job->start + first * job->hop;
    while (column < n_columns) {
        size at = origin + column * job->hop;
        if (column + LANES <= n_columns && at >= 0 && at + (LANES - 1) * job->hop + rows <= job->n_samples) {
            const REAL *from = samples + at;
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
        for (size j = before; j < stop; j++) columns[j * length + column] = samples[at + j];
        for (size j = stop; j < rows; j++) columns[j * length + column] = 0;
        column++;
    }
}

/* Real and imaginary parts of a point, one after the other. */
#define POINT(i) (z + (size)(i) * 2 * LANES)

INLINED void first_of_4(const REAL *columns, const int32_t *place, const REAL *window, size n, REAL *z) {
    for (size g = 0; g < n; g += 4, place += 8, window += 8) {
        const REAL *x0 = columns + place[0], *x1 = columns + place[1], *x2 = columns + place[2], *x3 = columns + place[3];
        const REAL *x4 = columns + place[4], *x5 = columns + place[5], *x6 = columns + place[6], *x7 = columns + place[7];
        REAL *out = POINT(g);
        EACH_LANE {
            REAL ar = x0[l] * window[0], ai = x1[l] * window[1], br = x2[l] * window[2], bi = x3[l] * window[3];
            REAL cr = x4[l] * window[4], ci = x5[l] * window[5], dr = x6[l] * window[6], di = x7[l] * window[7];
            REAL pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
            REAL sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
            out[l] = pr + qr, out[LANES + l] = pi + qi;
            out[2 * LANES + l] = sr + ti, out[3 * LANES + l] = si - tr;
            out[4 * LANES + l] = pr - qr, out[5 * LANES + l] = pi - qi;
            out[6 * LANES + l] = sr - ti, out[7 * LANES + l] = si + tr;
        }
    }
}

INLINED void first_of_8(const REAL *columns, const int32_t *place, const REAL *window, size n, REAL *z) {
    const REAL half = (REAL)0.70710678118654752440;
    for (size g = 0; g < n; g += 8, place += 16, window += 16) {
        const REAL *x[16];
        for (int i = 0; i < 16; i++) x[i] = columns + place[i];
        REAL *out = POINT(g);
        EACH_LANE {
            /* Points 0, 2, 4, 6 */
            REAL ar = x[0][l] * window[0], ai = x[1][l] * window[1], br = x[4][l] * window[4], bi = x[5][l] * window[5];
            REAL cr = x[8][l] * window[8], ci = x[9][l] * window[9], dr = x[12][l] * window[12], di = x[13][l] * window[13];
            REAL pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
            REAL sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
            REAL e0r = pr + qr, e0i = pi + qi, e1r = sr + ti, e1i = si - tr;
            REAL e2r = pr - qr, e2i = pi - qi, e3r = sr - ti, e3i = si + tr;
            /* Points 1, 3, 5, 7 */
            ar = x[2][l] * window[2], ai = x[3][l] * window[3], br = x[6][l] * window[6], bi = x[7][l] * window[7];
            cr = x[10][l] * window[10], ci = x[11][l] * window[11], dr = x[14][l] * window[14], di = x[15][l] * window[15];
            pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
            sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
            REAL o0r = pr + qr, o0i = pi + qi, o2r = pr - qr, o2i = pi - qi;
            /* Turned by 1/8 and 3/8. */
            REAL ur = sr + ti, ui = si - tr, vr = sr - ti, vi = si + tr;
            REAL o1r = half * (ur + ui), o1i = half * (ui - ur), o3r = half * (vi - vr), o3i = -half * (vr + vi);
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
    REAL re = x[l] * (w)[0] - x[LANES + l] * (w)[1], im = x[l] * (w)[1] + x[LANES + l] * (w)[0]

INLINED void combine_3(REAL *z, size n, size k, const REAL *twiddles) {
    const REAL half = (REAL)0.86602540378443864676; /* sin(pi / 3) */
    for (size b = 0; b < n; b += 3 * k)
        for (size i = 0; i < k; i++) {
            const REAL *w = twiddles + 4 * i;
            REAL *a = POINT(b + i), *c1 = POINT(b + i + k), *c2 = POINT(b + i + 2 * k);
            EACH_LANE {
                REAL ar = a[l], ai = a[LANES + l];
                TURNED(br, bi, c1, w);
                TURNED(cr, ci, c2, w + 2);
                REAL pr = br + cr, pi = bi + ci, qr = half * (br - cr), qi = half * (bi - ci);
                REAL sr = ar - (REAL)0.5 * pr, si = ai - (REAL)0.5 * pi;
                a[l] = ar + pr, a[LANES + l] = ai + pi;
                c1[l] = sr + qi, c1[LANES + l] = si - qr;
                c2[l] = sr - qi, c2[LANES + l] = si + qr;
            }
        }
}

INLINED void combine_4(REAL *z, size n, size k, const REAL *twiddles) {
    for (size b = 0; b < n; b += 4 * k)
        for (size i = 0; i < k; i++) {
            const REAL *w = twiddles + 6 * i;
            REAL *a = POINT(b + i), *c1 = POINT(b + i + k), *c2 = POINT(b + i + 2 * k), *c3 = POINT(b + i + 3 * k);
            EACH_LANE {
                REAL ar = a[l], ai = a[LANES + l];
                TURNED(br, bi, c1, w);
                TURNED(cr, ci, c2, w + 2);
                TURNED(dr, di, c3, w + 4);
                REAL pr = ar + cr, pi = ai + ci, qr = br + dr, qi = bi + di;
                REAL sr = ar - cr, si = ai - ci, tr = br - dr, ti = bi - di;
                a[l] = pr + qr, a[LANES + l] = pi + qi;
                c1[l] = sr + ti, c1[LANES + l] = si - tr;
                c2[l] = pr - qr, c2[LANES + l] = pi - qi;
                c3[l] = sr - ti, c3[LANES + l] = si + tr;
            }
        }
}

INLINED void combine_5(REAL *z, size n, size k, const REAL *twiddles) {
    /* cos and sin of 2 pi / 5 and 4 pi / 5 */
    const REAL c72 = (REAL)0.30901699437494742410, c144 = -(REAL)0.80901699437494742410;
    const REAL s72 = (REAL)0.95105651629515357212, s144 = (REAL)0.58778525229247312917;
    for (size b = 0; b < n; b += 5 * k)
        for (size i = 0; i < k; i++) {
            const REAL *w = twiddles + 8 * i;
            REAL *a = POINT(b + i), *c1 = POINT(b + i + k), *c2 = POINT(b + i + 2 * k);
            REAL *c3 = POINT(b + i + 3 * k), *c4 = POINT(b + i + 4 * k);
            EACH_LANE {
                REAL ar = a[l], ai = a[LANES + l];
                TURNED(br, bi, c1, w);
                TURNED(cr, ci, c2, w + 2);
                TURNED(dr, di, c3, w + 4);
                TURNED(er, ei, c4, w + 6);
                REAL pr = br + er, pi = bi + ei, qr = cr + dr, qi = ci + di;
                REAL sr = br - er, si = bi - ei, tr = cr - dr, ti = ci - di;
                REAL ur = ar + c72 * pr + c144 * qr, ui = ai + c72 * pi + c144 * qi;
                REAL vr = ar + c144 * pr + c72 * qr, vi = ai + c144 * pi + c72 * qi;
                REAL xr = s72 * si + s144 * ti, xi = s72 * sr + s144 * tr;
                REAL yr = s144 * si - s72 * ti, yi = s144 * sr - s72 * tr;
                a[l] = ar + pr + qr, a[LANES + l] = ai + pi + qi;
                c1[l] = ur + xr, c1[LANES + l] = ui - xi;
                c2[l] = vr + yr, c2[LANES + l] = vi - yi;
                c3[l] = vr - yr, c3[LANES + l] = vi + yi;
                c4[l] = ur - xr, c4[LANES + l] = ui + xi;
            }
        }
}

INLINED void combine(REAL *z, size n, size k, int32_t radix, const REAL *twiddles) {
    if (radix == 4)
        combine_4(z, n, k, twiddles);
    else if (radix == 3)
        combine_3(z, n, k, twiddles);
    else
        combine_5(z, n, k, twiddles);
}

INLINED void transform(const Job *job, const REAL *columns, const int32_t *place, const REAL *window, REAL *z) {
    size m = job->n_fft / 2, first = job->factors[0];
    /* Parts that stay in the first-level cache are brought as far as they go by themselves. */
    size part = first, inner = 1;
    while (inner < job->n_factors && part * job->factors[inner] <= NEAR) part *= job->factors[inner++];
    const REAL *twiddles = job->twiddles;
    for (size begin = 0; begin < m; begin += part) {
        REAL *inside = POINT(begin);
        if (first == 4)
            first_of_4(columns, place + 2 * begin, window + 2 * begin, part, inside);
        else
            first_of_8(columns, place + 2 * begin, window + 2 * begin, part, inside);
        twiddles = job->twiddles;
        for (size stage = 1, k = first; stage < inner; k *= job->factors[stage++]) {
            combine(inside, part, k, job->factors[stage], twiddles);
            twiddles += 2 * k * (job->factors[stage] - 1);
        }
    }
    for (size stage = inner, k = part; stage < job->n_factors; k *= job->factors[stage++]) {
        combine(z, m, k, job->factors[stage], twiddles);
        twiddles += 2 * k * (job->factors[stage] - 1);
    }
}

/* Tell the transforms of even and odd samples apart and square; the window was halved for that. */
INLINED void take_power(const REAL *z, size m, const REAL *turn, REAL *power) {
    EACH_LANE {
        REAL sum = 2 * (z[l] + z[LANES + l]), difference = 2 * (z[l] - z[LANES + l]);
        power[l] = sum * sum, power[m * LANES + l] = difference * difference;
    }
    for (size i = 1; i <= m / 2; i++) {
        const REAL *a = POINT(i), *b = POINT(m - i);
        REAL *low = power + i * LANES, *high = power + (m - i) * LANES;
        REAL wr = turn[2 * i], wi = turn[2 * i + 1];
        EACH_LANE {
            REAL er = a[l] + b[l], ei = a[LANES + l] - b[LANES + l];
            REAL dr = a[LANES + l] + b[LANES + l], di = b[l] - a[l];
            REAL tr = wr * dr - wi * di, ti = wr * di + wi * dr;
            REAL xr = er + tr, xi = ei + ti, yr = er - tr, yi = ei - ti;
            low[l] = xr * xr + xi * xi, high[l] = yr * yr + yi * yi;
        }
    }
}

INLINED void multiply(const Bank *bank, const REAL *power, size at, size count, size n_frames) {
    const REAL *weights = bank->weights;
    REAL *out = bank->out;
    for (size filter = 0; filter < bank->n_filters; filter++) {
        size bin = bank->edges[2 * filter], stop = bank->edges[2 * filter + 1];
        /* Two sums, so that an addition need not wait for the one before. */
        Row sum = {0}, odd = {0};
        const REAL *row = power + bin * LANES;
        for (; bin + 1 < stop; bin += 2, weights += 2, row += 2 * LANES) {
            ADD(sum, weights[0], row);
            ADD(odd, weights[1], row + LANES);
        }
        if (bin < stop) {
            ADD(sum, weights[0], row);
            weights++;
        }
        ADD_ROW(sum, odd);
        memcpy(out + filter * n_frames + at, &sum, count * sizeof(REAL));
    }
}

/* Bring pairs, of so many bytes, into the order in which the first butterflies read them. */
INLINED void bring_into_order(const Job *job, const void *from, void *to, size bytes) {
    size first = job->factors[0], groups = job->n_fft / 2 / first;
    for (size g = 0; g < groups; g++)
        for (size i = 0; i < first; i++)
            memcpy((char *)to + bytes * (g * first + i), (const char *)from + bytes * (job->order[g] + i * groups), bytes);
}

INLINED void copy_rows(const REAL *rows, size n, size count, REAL *out, size length) {
    /* A copy of a size that the compiler knows is one instruction. */
    if (count == LANES)
        for (size i = 0; i < n; i++) memcpy(out + i * length, rows + i * LANES, LANES * sizeof(REAL));
    else
        for (size i = 0; i < n; i++) memcpy(out + i * length, rows + i * LANES, count * sizeof(REAL));
}

INLINED void work(const Job *job) {
    size n_fft = job->n_fft, m = n_fft / 2, hop = job->hop, rows = n_rows(n_fft, hop), most = most_frames(n_fft);
    REAL *columns = (REAL *)(((uintptr_t)job->scratch + 63) / 64 * 64);
    REAL *z = columns + rows * row_length(n_fft, hop, most), *power = z + n_fft * LANES;
    REAL *window = power + (m + 1) * LANES;
    int32_t *place = (int32_t *)(window + n_fft);
    const REAL *turn = job->twiddles;
    for (size stage = 1, k = job->factors[0]; stage < job->n_factors; k *= job->factors[stage++])
        turn += 2 * k * (job->factors[stage] - 1);
    int32_t *in_order = place + n_fft;
    size length = 0;
    bring_into_order(job, job->window, window, 2 * sizeof(REAL));
    for (size n = 0; n < n_fft; n++) window[n] /= 2;
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
            bring_into_order(job, in_order, place, 2 * sizeof(int32_t));
        }
        lay_out(job, done, rows, lanes + (n_fft - 1) / hop, length, columns);
        for (size at = 0; at < group; at += LANES) {
            size count = group - at < LANES ? group - at : LANES;
            transform(job, columns + at, place, window, z);
            take_power(z, m, turn, power);
            if (job->power)
                copy_rows(power, m + 1, count, (REAL *)job->power + done + at, job->n_frames);
            for (size b = 0; b < job->n_banks; b++) multiply(&job->banks[b], power, done + at, count, job->n_frames);
        }
    }
}

static void work_anywhere(const Job *job) { work(job); }
#ifdef CHOSEN_BY_PROCESSOR
FOR_AVX2 void work_avx2(const Job *job) { work(job); }
FOR_AVX512 void work_avx512(const Job *job) { work(job); }
#define WAYS {work_avx512, work_avx2, work_anywhere}
#else
#define WAYS {work_anywhere}
#endif

const Precision PRECISION = {sizeof(REAL), scratch_size, WAYS};
