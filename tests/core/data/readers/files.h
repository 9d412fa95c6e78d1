#ifndef CAIRN_TESTS_CORE_DATA_READERS_FILES_H_
#define CAIRN_TESTS_CORE_DATA_READERS_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cairn {

// A file in the test's folder with these bytes; returns its path.
std::string WriteFile(const std::string& name, const std::string& content);

// The bytes as one gzip member.
std::string Gzip(const std::string& content);

// An IDX file: `type` and the big-endian dimensions, then `values`.
std::string Idx(uint8_t type, const std::vector<uint32_t>& dimensions,
                const std::string& values);

}  // namespace cairn

#endif  // CAIRN_TESTS_CORE_DATA_READERS_FILES_H_
