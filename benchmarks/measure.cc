#include "benchmarks/measure.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

namespace cairn {
namespace {

Config ThreeOf(std::vector<double> values, double factor, int digits) {
  const double median = Median(values);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return Config::List{Rounded(factor * *least, digits),
                      Rounded(factor * median, digits),
                      Rounded(factor * *most, digits)};
}

}  // namespace

double Rounded(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  return std::round(value * scale) / scale;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

Config LeastMedianMost(const std::vector<double>& seconds) {
  return ThreeOf(seconds, 1e3, 3);
}

Config LeastMedianMostOf(const std::vector<double>& values) {
  return ThreeOf(values, 1, 2);
}

double ProcessMegabytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.compare(0, field.size() + 1, field + ":") == 0) {
      return std::atof(line.c_str() + field.size() + 1) / 1024;
    }
  }
  return 0;
}

void ResetPeakMemory() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace cairn
