#ifndef CAIRN_CORE_BASE_SOURCE_LOCATION_H_
#define CAIRN_CORE_BASE_SOURCE_LOCATION_H_

namespace cairn {

// Where a call stands. As std::source_location, which clang 14 lacks.
struct SourceLocation {
  const char* file = "";
  int line = 0;

  static constexpr SourceLocation Current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace cairn

#endif  // CAIRN_CORE_BASE_SOURCE_LOCATION_H_
