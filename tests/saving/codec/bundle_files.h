#ifndef CAIRN_TESTS_SAVING_CODEC_BUNDLE_FILES_H_
#define CAIRN_TESTS_SAVING_CODEC_BUNDLE_FILES_H_

// The bundle "p" of one data file, in memory.
#include <functional>
#include <memory>

#include "gtest/gtest.h"
#include "saving/codec/tensor_bundle.h"
#include "tests/saving/codec/memory_files.h"

namespace cairn {

inline constexpr char kIndex[] = "p.index";
inline constexpr char kData[] = "p.data-00000-of-00001";

// Writes it.
inline void WriteBundle(MemoryFiles& files,
                        const std::function<void(BundleWriter&)>& add) {
  auto data = files.NewWritableFile(kData);
  auto index = files.NewWritableFile(kIndex);
  BundleWriter writer(data->get(), 0, 1);
  add(writer);
  ASSERT_TRUE(writer.WriteIndex(index->get()).ok());
}

inline std::unique_ptr<BundleReader> Opened(MemoryFiles& files) {
  auto reader = BundleReader::Open(files, "p");
  EXPECT_TRUE(reader.ok()) << reader.status();
  return reader.ok() ? *std::move(reader) : nullptr;
}

// What a program that reads all of the bundle gets to hear.
inline absl::Status ReadAll(MemoryFiles& files) {
  auto reader = BundleReader::Open(files, "p");
  if (!reader.ok()) return reader.status();
  for (const BundleEntry& entry : (*reader)->entries()) {
    const absl::Status read = entry.is_string()
                                  ? (*reader)->ReadStrings(entry).status()
                                  : (*reader)->ReadTensor(entry).status();
    if (!read.ok()) return read;
  }
  return absl::OkStatus();
}

inline absl::Status VerifyAll(MemoryFiles& files) {
  auto reader = BundleReader::Open(files, "p");
  if (!reader.ok()) return reader.status();
  for (const BundleEntry& entry : (*reader)->entries()) {
    const absl::Status verified = (*reader)->Verify(entry);
    if (!verified.ok()) return verified;
  }
  return absl::OkStatus();
}

}  // namespace cairn

#endif  // CAIRN_TESTS_SAVING_CODEC_BUNDLE_FILES_H_
