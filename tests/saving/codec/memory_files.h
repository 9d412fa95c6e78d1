#ifndef CAIRN_TESTS_SAVING_CODEC_MEMORY_FILES_H_
#define CAIRN_TESTS_SAVING_CODEC_MEMORY_FILES_H_

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/io/file_system.h"

namespace cairn {

// Files as strings, for a test to look into and to damage.
class MemoryFiles : public FileSystem {
 public:
  std::map<std::string, std::string> contents;

  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) override {
    contents[path].clear();
    return std::make_unique<Writer>(&contents[path]);
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> ReuseFile(
      const std::string& path) override {
    if (!contents.contains(path)) return absl::NotFoundError(path);
    return NewWritableFile(path);
  }
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    if (!contents.contains(path)) return absl::NotFoundError(path);
    return std::make_unique<Reader>(path, contents[path]);
  }
  absl::Status CopyMode(const std::string&, const std::string&) override {
    return absl::OkStatus();
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    contents[to] = std::exchange(contents[from], "");
    return Remove(from);
  }
  absl::Status Exchange(const std::string& one,
                        const std::string& other) override {
    if (!contents.contains(one) || !contents.contains(other)) {
      return absl::NotFoundError(one);
    }
    std::swap(contents[one], contents[other]);
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& path) override {
    return contents.erase(path) == 1 ? absl::OkStatus()
                                     : absl::NotFoundError(path);
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string&) override {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : contents) names.push_back(path);
    return names;
  }
  absl::StatusOr<bool> Exists(const std::string& path) override {
    return contents.contains(path);
  }
  absl::Status CreateDirectories(const std::string&) override {
    return absl::OkStatus();
  }
  absl::Status SyncDirectory(const std::string&) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string&) override {
    return std::make_unique<NoLock>();
  }
  absl::StatusOr<FreeSpace> FindFreeSpace(const std::string&) override {
    return FreeSpace{.bytes = 1 << 30, .files = 1 << 20};
  }

 private:
  class NoLock : public FileLock {
   public:
    bool IsInPlace() const override { return true; }
    bool MoveTo(const std::string&) override { return true; }
  };

  class Writer : public WritableFile {
   public:
    explicit Writer(std::string* bytes) : bytes_(bytes) {}
    absl::Status Append(absl::Span<const std::byte> bytes) override {
      bytes_->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return absl::OkStatus();
    }
    absl::Status Sync() override { return absl::OkStatus(); }
    absl::Status Close() override { return absl::OkStatus(); }
    absl::Status Reserve(int64_t) override { return absl::OkStatus(); }

   private:
    std::string* const bytes_;
  };

  class Reader : public RandomAccessFile {
   public:
    Reader(std::string path, std::string bytes)
        : path_(std::move(path)), bytes_(std::move(bytes)) {}
    int64_t size() const override {
      return static_cast<int64_t>(bytes_.size());
    }
    absl::Status Read(int64_t offset,
                      absl::Span<std::byte> destination) const override {
      if (offset < 0 || offset > size() ||
          static_cast<int64_t>(destination.size()) > size() - offset) {
        return absl::DataLossError(absl::StrCat(path_, " ends early"));
      }
      if (!destination.empty()) {
        std::memcpy(destination.data(), bytes_.data() + offset,
                    destination.size());
      }
      return absl::OkStatus();
    }

   private:
    const std::string path_, bytes_;
  };
};

}  // namespace cairn

#endif  // CAIRN_TESTS_SAVING_CODEC_MEMORY_FILES_H_
