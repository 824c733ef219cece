/* Spectra in double precision; a row is a cache line. */
#define REAL double
#define LANES 8
#define PRECISION double_precision
#include "spectra.h"
