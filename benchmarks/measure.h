#ifndef CAIRN_BENCHMARKS_MEASURE_H_
#define CAIRN_BENCHMARKS_MEASURE_H_

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/config.h"

namespace cairn {

// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const { return absl::ToDoubleSeconds(absl::Now() - begin_); }

 private:
  const absl::Time begin_ = absl::Now();
};

// Rounded to `digits` behind the point.
double Rounded(double value, int digits);

// REQUIRES: there are some, of this function and the next two.
double Median(std::vector<double> values);
// [least, median, largest], in milliseconds.
Config LeastMedianMost(const std::vector<double>& seconds);
// The same of any values, rounded to two digits.
Config LeastMedianMostOf(const std::vector<double>& values);

// A field of this process's status, "VmRSS" or "VmHWM", in MB of 2^20 bytes; 0
// where the system has none.
double ProcessMegabytes(const std::string& field);
// Makes the memory that is used now the most that was used, "VmHWM".
void ResetPeakMemory();

}  // namespace cairn

#endif  // CAIRN_BENCHMARKS_MEASURE_H_
