#include "core/io/posix_writable_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/io/file_system.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

// Bytes on a page that differ from one place to the next.
class Pages {
 public:
  explicit Pages(size_t size)
      : size_(size),
        bytes_(static_cast<std::byte*>(std::aligned_alloc(
            kDirectAlignment,
            (size / kDirectAlignment + 1) * kDirectAlignment))) {
    for (size_t i = 0; i < size; ++i) {
      bytes_[i] = static_cast<std::byte>(i * 7 + i / 251);
    }
  }
  ~Pages() { std::free(bytes_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  absl::Span<const std::byte> bytes() const { return {bytes_, size_}; }

 private:
  const size_t size_;
  std::byte* const bytes_;
};

// Of disks, and of memory, some of which refuse to be bypassed.
class PosixWritableFileTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string parent =
        *GetParam() == '\0' ? ::testing::TempDir() : GetParam();
    if (!std::filesystem::exists(parent)) {
      GTEST_SKIP() << "this machine has no " << parent;
    }
    folder_ = JoinPath(parent, "posix_writable_file_XXXXXX");
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = JoinPath(folder_, "a");
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::string Content() const {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  struct stat Stat() const {
    struct stat entry = {};
    EXPECT_EQ(::stat(path_.c_str(), &entry), 0);
    return entry;
  }
  void Write(absl::Span<const std::byte> bytes) {
    const auto file = files_.NewWritableFile(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_EQ((*file)->Append(bytes), absl::OkStatus());
    ASSERT_EQ((*file)->Close(), absl::OkStatus());
  }

  FileSystem& files_ = FileSystem::Default();
  std::string folder_, path_;
};

std::string Text(absl::Span<const std::byte> bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

TEST_P(PosixWritableFileTest, WhatBypassesTheCacheIsInTheFile) {
  const Pages pages(3 << 20);
  const size_t page = kDirectAlignment;
  // Where in memory each piece begins, and its size.
  using Pieces = std::vector<std::pair<size_t, size_t>>;
  const Pieces all[] = {
      {},
      {{0, 0}},
      {{0, 1}},
      {{0, page}},
      {{0, 3 << 20}},
      {{1, (3 << 20) - 1}},
      // What is gathered ends on a page, and what follows begins on one.
      {{8, page}, {0, 1 << 20}, {0, 40 * page + 5}},
      // It does not.
      {{8, page + 3}, {0, 1 << 20}, {page, 1 << 20}},
      {{0, 100 * page + 7}, {3, page - 7}, {0, 64 * page}, {5, 64 * page}},
      {{0, 64 * page}, {0, 64 * page}, {0, 16 * page}, {0, 15 * page}},
  };
  for (const Pieces& pieces : all) {
    for (const bool reserves : {false, true}) {
      std::string expected;
      const auto file = files_.NewWritableFile(path_);
      ASSERT_TRUE(file.ok()) << file.status();
      (*file)->BypassCache();
      if (reserves) {
        ASSERT_EQ((*file)->Reserve(4 << 20), absl::OkStatus());
      }
      for (const auto& [begin, size] : pieces) {
        const auto piece = pages.bytes().subspan(begin, size);
        ASSERT_EQ((*file)->Append(piece), absl::OkStatus());
        expected += Text(piece);
      }
      ASSERT_EQ((*file)->Sync(), absl::OkStatus());
      EXPECT_TRUE(Content() == expected) << expected.size();
      // It may go on, but then as others do.
      ASSERT_EQ((*file)->Append(pages.bytes().subspan(0, 5 * page + 1)),
                absl::OkStatus());
      expected += Text(pages.bytes().subspan(0, 5 * page + 1));
      ASSERT_EQ((*file)->Close(), absl::OkStatus());
      EXPECT_TRUE(Content() == expected) << expected.size();
    }
  }
}

TEST_P(PosixWritableFileTest, PartsThatGoTogetherAreInOrder) {
  const Pages pages(1 << 20);
  const size_t page = kDirectAlignment;
  const auto piece = [&](size_t begin, size_t size) {
    return pages.bytes().subspan(begin, size);
  };
  using Parts = std::vector<absl::Span<const std::byte>>;
  std::vector<Parts> all = {
      {},
      {piece(0, 0), piece(0, 0)},
      {piece(8, page), piece(0, 64 * page + 9), piece(3, page - 9),
       piece(page, 32 * page), piece(1, 77)},
      {piece(0, 200 * page), piece(0, 16 * page), piece(5, 300'000),
       piece(0, 100 * page)},
      Parts(),
      Parts()};
  // More than a call takes, of both kinds.
  for (int i = 0; i < 1100; ++i) {
    all[4].push_back(piece(8 * i, i % 7 == 0 ? page : 1));
    all[5].push_back(piece(0, 16 * page));
  }
  for (const Parts& parts : all) {
    const auto file = files_.NewWritableFile(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    (*file)->BypassCache();
    std::string expected;
    // The second time behind what is no whole page.
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ((*file)->AppendAll(parts), absl::OkStatus());
      for (const auto& part : parts) expected += Text(part);
    }
    ASSERT_EQ((*file)->Close(), absl::OkStatus());
    EXPECT_TRUE(Content() == expected) << expected.size();
  }
}

TEST_P(PosixWritableFileTest, CloseWritesWhatWasGathered) {
  const Pages pages(100);
  const auto file = files_.NewWritableFile(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  (*file)->BypassCache();
  ASSERT_EQ((*file)->Append(pages.bytes()), absl::OkStatus());
  ASSERT_EQ((*file)->Close(), absl::OkStatus());
  EXPECT_EQ(Content(), Text(pages.bytes()));
}

// Where the system knows who has a file open.
bool MayReuse(const std::string& folder) {
  struct statfs entry = {};
  EXPECT_EQ(::statfs(folder.c_str(), &entry), 0);
  return entry.f_type == EXT4_SUPER_MAGIC || entry.f_type == XFS_SUPER_MAGIC ||
         entry.f_type == F2FS_SUPER_MAGIC || entry.f_type == TMPFS_MAGIC;
}

TEST_P(PosixWritableFileTest, AReusedFileEndsWhereItWasWrittenTo) {
  // Elsewhere it is refused, as the next test sees.
  if (!MayReuse(folder_)) GTEST_SKIP() << folder_;
  const Pages pages(1 << 20);
  for (const bool bypasses : {false, true}) {
    for (const size_t size : {0, 1, 4096, 99'999, 1 << 19, 1 << 20}) {
      Write(pages.bytes().subspan(5, 1 << 19));
      const ino_t before = Stat().st_ino;
      const auto file = files_.ReuseFile(path_);
      ASSERT_TRUE(file.ok()) << file.status();
      if (bypasses) (*file)->BypassCache();
      ASSERT_EQ((*file)->Reserve(size), absl::OkStatus());
      ASSERT_EQ((*file)->Append(pages.bytes().subspan(0, size)),
                absl::OkStatus());
      // A power cut may follow: it ends there already now.
      ASSERT_EQ((*file)->Sync(), absl::OkStatus());
      EXPECT_TRUE(Content() == Text(pages.bytes().subspan(0, size))) << size;
      ASSERT_EQ((*file)->Close(), absl::OkStatus());
      EXPECT_TRUE(Content() == Text(pages.bytes().subspan(0, size))) << size;
      EXPECT_EQ(Stat().st_ino, before);
      EXPECT_LE(Stat().st_blocks * 512, static_cast<int64_t>(size) + 2 * 4096);

      // Without a sync too.
      Write(pages.bytes().subspan(5, 1 << 19));
      const auto other = files_.ReuseFile(path_);
      ASSERT_TRUE(other.ok()) << other.status();
      ASSERT_EQ((*other)->Append(pages.bytes().subspan(0, size)),
                absl::OkStatus());
      ASSERT_EQ((*other)->Close(), absl::OkStatus());
      EXPECT_TRUE(Content() == Text(pages.bytes().subspan(0, size))) << size;
    }
  }
}

TEST_P(PosixWritableFileTest, WhatSomebodySeesIsNotReused) {
  const Pages pages(10'000);
  Write(pages.bytes());
  const auto expect_refused = [&](const char* why) {
    const absl::Status status = files_.ReuseFile(path_).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << why << ": " << status;
    EXPECT_TRUE(Content() == Text(pages.bytes())) << why;
  };
  for (const int flags : {O_RDONLY, O_WRONLY, O_RDWR}) {
    const int open = ::open(path_.c_str(), flags);
    expect_refused("open");
    ::close(open);
  }
  const int open = ::open(path_.c_str(), O_RDONLY);
  void* const mapped = ::mmap(nullptr, 10'000, PROT_READ, MAP_SHARED, open, 0);
  ::close(open);
  ASSERT_NE(mapped, MAP_FAILED);
  expect_refused("mapped");
  ::munmap(mapped, 10'000);
  const std::string other = absl::StrCat(path_, "-other");
  ASSERT_EQ(::link(path_.c_str(), other.c_str()), 0);
  expect_refused("a second name");
  ASSERT_EQ(::unlink(other.c_str()), 0);
  EXPECT_EQ(files_.ReuseFile(path_).ok(), MayReuse(folder_));
}

TEST_P(PosixWritableFileTest, OnlyAFileThatIsThereIsReused) {
  EXPECT_TRUE(absl::IsNotFound(files_.ReuseFile(path_).status()));
  EXPECT_FALSE(files_.ReuseFile(folder_).ok());
  const Pages pages(10);
  Write(pages.bytes());
  const std::string link = absl::StrCat(path_, "-link");
  ASSERT_EQ(::symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_FALSE(files_.ReuseFile(link).ok());
  EXPECT_EQ(Content(), Text(pages.bytes()));
}

TEST(ReserveTest, MoreThanThereIsIsRefusedAndLessLeavesTheFileAsItWas) {
  const std::string path = testing::TempDir() + "/reserve_test";
  auto file = FileSystem::Default().NewWritableFile(path);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->Reserve(1 << 20).ok());
  EXPECT_EQ(std::filesystem::file_size(path), 0u);
  const absl::Status refused = (*file)->Reserve(int64_t{1} << 42);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_NE(refused.message().find("4398046511104 bytes"),
            absl::string_view::npos)
      << refused;
  // Nor does it keep from others what there is.
  struct stat entry = {};
  ASSERT_EQ(::stat(path.c_str(), &entry), 0);
  EXPECT_EQ(entry.st_blocks, 0);
  EXPECT_TRUE((*file)->Close().ok());
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(, PosixWritableFileTest,
                         ::testing::Values("", "/dev/shm"),
                         [](const auto& info) {
                           return info.index == 0 ? "OnDisk" : "InMemory";
                         });

}  // namespace
}  // namespace cairn
