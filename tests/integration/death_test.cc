// A process that dies by itself, at each of its file operations in turn, while
// it saves and rotates. Another one goes on with what it finds.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cairn.h"
#include "core/base/status_macros.h"
#include "core/io/file_system.h"
#include "gtest/gtest.h"
#include "tests/integration/disk_run.h"
#include "tests/support/hook_callback.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

// The machine's files, until the process has done so much with them: operation
// number `last` is its last, and of what that appends half is written.
class LastFiles : public FileSystem {
 public:
  // `last` 0: there is no last one.
  explicit LastFiles(int last) : last_(last) {}

  int operations() const { return operations_; }

  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) override {
    const Operation operation(*this);
    CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                           files_.NewWritableFile(path));
    return std::make_unique<LastFile>(*this, std::move(file));
  }
  absl::StatusOr<std::unique_ptr<WritableFile>> ReuseFile(
      const std::string& path) override {
    const Operation operation(*this);
    CAIRN_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                           files_.ReuseFile(path));
    return std::make_unique<LastFile>(*this, std::move(file));
  }
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override {
    return files_.NewRandomAccessFile(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    const Operation operation(*this);
    return files_.Rename(from, to);
  }
  absl::Status Exchange(const std::string& one,
                        const std::string& other) override {
    const Operation operation(*this);
    return files_.Exchange(one, other);
  }
  absl::Status CopyMode(const std::string& from,
                        const std::string& to) override {
    const Operation operation(*this);
    return files_.CopyMode(from, to);
  }
  absl::Status Remove(const std::string& path) override {
    const Operation operation(*this);
    return files_.Remove(path);
  }
  absl::StatusOr<std::vector<std::string>> List(
      const std::string& directory) override {
    return files_.List(directory);
  }
  absl::StatusOr<bool> Exists(const std::string& path) override {
    return files_.Exists(path);
  }
  absl::Status CreateDirectories(const std::string& path) override {
    const Operation operation(*this);
    return files_.CreateDirectories(path);
  }
  absl::Status SyncDirectory(const std::string& path) override {
    const Operation operation(*this);
    return files_.SyncDirectory(path);
  }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(
      const std::string& path) override {
    const Operation operation(*this);
    return files_.Lock(path);
  }
  absl::StatusOr<FreeSpace> FindFreeSpace(
      const std::string& directory) override {
    return files_.FindFreeSpace(directory);
  }

 private:
  // One operation, after which the process may die.
  class Operation {
   public:
    explicit Operation(LastFiles& files)
        : is_last_(++files.operations_ == files.last_) {}
    ~Operation() {
      if (is_last_) ::kill(::getpid(), SIGKILL);
    }
    bool is_last() const { return is_last_; }

   private:
    const bool is_last_;
  };

  class LastFile : public WritableFile {
   public:
    LastFile(LastFiles& files, std::unique_ptr<WritableFile> file)
        : files_(files), file_(std::move(file)) {}
    absl::Status Append(absl::Span<const std::byte> bytes) override {
      const Operation operation(files_);
      if (operation.is_last()) bytes = bytes.subspan(0, bytes.size() / 2);
      return file_->Append(bytes);
    }
    void BypassCache() override { file_->BypassCache(); }
    absl::Status Sync() override {
      const Operation operation(files_);
      return file_->Sync();
    }
    absl::Status Close() override {
      const Operation operation(files_);
      return file_->Close();
    }
    absl::Status Reserve(int64_t bytes) override {
      const Operation operation(files_);
      return file_->Reserve(bytes);
    }

   private:
    LastFiles& files_;
    const std::unique_ptr<WritableFile> file_;
  };

  FileSystem& files_ = FileSystem::Default();
  const int last_;
  std::atomic<int> operations_ = 0;
};

// Two epochs of three steps, with saves that are rotated. What is told to be in
// place is written to `told`, a file that is open.
absl::Status TrainSmall(FileSystem& files, const std::string& folder,
                        bool asynchronous, int told) {
  Sequential model;
  model.Add<InputLayer>({.shape = {4}});
  model.Add<Dense>({.units = 3, .activation = "softmax"});
  CAIRN_RETURN_IF_ERROR(model.set_seed(7));
  CAIRN_RETURN_IF_ERROR(
      model.Compile({.optimizer = "adam",
                     .loss = "sparse_categorical_crossentropy",
                     .threads = 1}));
  ModelCheckpoint checkpoint({.directory = folder,
                              .every = EverySteps(2),
                              .keep_last = 2,
                              .asynchronous = asynchronous,
                              .resume = Resume::kAuto,
                              .save = {.files = &files}});
  HookCallback tell([&](const std::string&, TrainingSession&, const Logs&) {
    const int64_t step = checkpoint.last_save().step;
    if (::pwrite(told, &step, sizeof step, 0) != sizeof step) {
      return absl::InternalError("nobody listens");
    }
    return absl::OkStatus();
  });
  Tensor x = Tensor::Zeros({DType::kFloat32, {12, 4}});
  const absl::Span<float> values = x.mutable_values<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i * 7 % 11) / 8;
  }
  return model
      .Fit(x, Tensor::Zeros({DType::kInt32, {12}}),
           {.epochs = 2,
            .batch_size = 4,
            .verbose = 0,
            .callbacks = {&checkpoint, &tell}})
      .status();
}

// The files of a folder by name, but for "checkpoint", which has times in it.
std::string Contents(const std::string& folder) {
  FileSystem& files = FileSystem::Default();
  std::string contents;
  const auto names = files.List(folder);
  EXPECT_TRUE(IsOk(names));
  for (const std::string& name : *names) {
    if (name == "checkpoint") continue;
    const auto content = ReadFile(files, JoinPath(folder, name));
    absl::StrAppend(&contents, name, ": ", content.value_or("?"), "\n");
  }
  return contents;
}

class DeathTest : public testing::TestWithParam<bool> {};

TEST_P(DeathTest, AfterAnyOperationLosesNothingThatWasSaved) {
  const std::string folder = EmptyFolder("death");
  const std::string whole = EmptyFolder("death_whole");
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const int told = ::fileno(file);
  const auto read_told = [&](int at) {
    int64_t number = 0;
    EXPECT_EQ(::pread(told, &number, sizeof number, at),
              static_cast<ssize_t>(sizeof number));
    return number;
  };
  ASSERT_EQ(InChild([&] {
              LastFiles files(0);
              ASSERT_TRUE(IsOk(TrainSmall(files, whole, GetParam(), told)));
              const int64_t count = files.operations();
              ASSERT_EQ(::pwrite(told, &count, sizeof count, 8),
                        static_cast<ssize_t>(sizeof count));
            }),
            0);
  EXPECT_EQ(read_told(0), 6);
  const int operations = static_cast<int>(read_told(8));
  ASSERT_GT(operations, 50);
  int after_a_save = 0;
  for (int last = 1; last <= operations; ++last) {
    SCOPED_TRACE(absl::StrCat("after operation ", last, " of ", operations));
    std::filesystem::remove_all(folder);
    const int64_t none = 0;
    ASSERT_EQ(::pwrite(told, &none, sizeof none, 0),
              static_cast<ssize_t>(sizeof none));
    ASSERT_EQ(InChild([&] {
                LastFiles files(last);
                // It dies before it returns; an exit is seen by its code.
                TrainSmall(files, folder, GetParam(), told).IgnoreError();
              }),
              128 + SIGKILL);
    const int64_t saved = read_told(0);
    after_a_save += saved > 0;
    EXPECT_EQ(InChild([&] {
                const auto newest = ReadNewestCheckpoint(folder);
                if (saved > 0 || newest.ok()) {
                  ASSERT_TRUE(IsOk(newest));
                  EXPECT_GE(newest->snapshot.save_counter, saved);
                }
                EXPECT_TRUE(IsOk(TrainSmall(FileSystem::Default(), folder,
                                            GetParam(), told)));
                EXPECT_EQ(Contents(folder), Contents(whole));
              }),
              0);
  }
  EXPECT_GT(after_a_save, operations / 3);
  std::printf("%d deaths, %d of them after a save\n", operations, after_a_save);
  std::fclose(file);
}

INSTANTIATE_TEST_SUITE_P(, DeathTest, testing::Bool(), [](const auto& info) {
  return info.param ? "InTheBackground" : "Waiting";
});

}  // namespace
}  // namespace cairn
