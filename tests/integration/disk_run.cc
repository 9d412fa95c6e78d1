#include "tests/integration/disk_run.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {

std::shared_ptr<Sequential> MakeDiskModel() {
  auto model = std::make_shared<Sequential>();
  model->Add<InputLayer>({.shape = {28, 28}});
  model->Add<Rescaling>({.scale = 1 / 255.0});
  model->Add<Flatten>();
  model->Add<Dense>({.units = 128, .activation = "relu"});
  model->Add<Dense>({.units = 10, .activation = "softmax"});
  return model;
}

absl::Status TrainOnDisk(const ModelCheckpointOptions& options,
                         ModelCheckpoint::SaveTotals* totals,
                         const std::vector<Callback*>& others,
                         const Snapshot* resume_from, int64_t epochs) {
  const std::shared_ptr<Sequential> model = MakeDiskModel();
  CAIRN_RETURN_IF_ERROR(
      model->Compile({.optimizer = "adam",
                      .loss = "sparse_categorical_crossentropy",
                      .threads = 1}));
  ModelCheckpoint checkpoint(options);
  FitOptions fit{.epochs = epochs,
                 .batch_size = 32,
                 .verbose = 0,
                 .callbacks = {&checkpoint},
                 .resume_from = resume_from};
  fit.callbacks.insert(fit.callbacks.end(), others.begin(), others.end());
  const DigitImages digits = SyntheticDigits(96, /*seed=*/1);
  const absl::Status status =
      model->Fit(digits.images, digits.labels, fit).status();
  if (totals != nullptr) *totals = checkpoint.totals();
  return status;
}

void ExpectGood(const std::string& folder, const std::string& newest) {
  const auto latest = LatestCheckpoint(folder);
  ASSERT_TRUE(IsOk(latest));
  EXPECT_EQ(*latest, JoinPath(folder, newest));
  const auto all = ListCheckpoints(folder);
  ASSERT_TRUE(IsOk(all));
  for (const CheckpointSummary& one : *all) {
    EXPECT_TRUE(IsOk(VerifySnapshot(one.prefix)));
  }
}

void ExpectClean(const std::string& folder, const std::string& newest) {
  ExpectGood(folder, newest);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_FALSE(absl::StrContains(entry.path().string(), ".tmp-"))
        << entry.path();
  }
}

std::string EmptyFolder(const std::string& name) {
  const std::string folder = JoinPath(testing::TempDir(), name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

int InChild(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

OnceErrorsSay::OnceErrorsSay(const std::string& text,
                             std::function<void()> action) {
  int ends[2] = {};
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  errors_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  EXPECT_EQ(::dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
  ::close(ends[1]);
  const auto read = [this, end = ends[0], text, action = std::move(action)] {
    std::string said;
    char piece[4096];
    // Until the other end is closed.
    for (ssize_t count; (count = ::read(end, piece, sizeof piece)) > 0;) {
      said.append(piece, static_cast<size_t>(count));
      if (!was_said_ && absl::StrContains(said, text)) {
        was_said_ = true;
        action();
      }
    }
    ::close(end);
  };
  thread_ = std::thread(read);
}

OnceErrorsSay::~OnceErrorsSay() {
  ::dup2(errors_, STDERR_FILENO);
  ::close(errors_);
  thread_.join();
  EXPECT_TRUE(was_said_);
}

namespace {

void WriteTo(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY);
  if (file < 0) return;
  (void)!::write(file, text.data(), text.size());
  ::close(file);
}

}  // namespace

bool MayMount() {
  if (::unshare(CLONE_NEWNS) != 0) {
    // Who is no administrator may become one in a name space of users.
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    WriteTo("/proc/self/setgroups", "deny");
    WriteTo("/proc/self/uid_map", absl::StrCat("0 ", user, " 1"));
    WriteTo("/proc/self/gid_map", absl::StrCat("0 ", group, " 1"));
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

void MountSmall(const std::string& folder, int megabytes) {
  const std::string options = absl::StrCat("size=", megabytes, "m");
  ASSERT_EQ(::mount("cairn_test", folder.c_str(), "tmpfs", 0, options.c_str()),
            0);
}

void MakeReadOnly(const std::string& folder, bool read_only) {
  const char* const path = folder.c_str();
  if (!read_only) {
    ASSERT_EQ(::umount2(path, MNT_DETACH), 0);
    return;
  }
  // In front of the old mount, which a file that is open keeps writable; and
  // made elsewhere, since none may be opened in it before it is what it is.
  const std::string beside = folder + "-read-only";
  std::filesystem::create_directory(beside);
  const char* const made = beside.c_str();
  ASSERT_EQ(::mount(path, made, nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(
      ::mount("none", made, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr),
      0);
  ASSERT_EQ(::mount(made, path, nullptr, MS_MOVE, nullptr), 0);
  std::filesystem::remove(beside);
}

}  // namespace cairn
