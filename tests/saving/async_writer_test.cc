#include "saving/async_writer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

TEST(AsyncWriterTest, DoesTheWriteOnAThreadOfItsOwn) {
  AsyncWriter writer;
  EXPECT_FALSE(writer.busy());
  std::thread::id where;
  writer.Start([&] {
    where = std::this_thread::get_id();
    return absl::OkStatus();
  });
  EXPECT_TRUE(IsOk(writer.Wait()));
  EXPECT_FALSE(writer.busy());
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(AsyncWriterTest, StartReturnsWhileTheWriteGoesOn) {
  AsyncWriter writer;
  std::promise<void> released;
  writer.Start([&] {
    released.get_future().wait();
    return absl::DataLossError("too late");
  });
  EXPECT_TRUE(writer.busy());
  EXPECT_TRUE(IsOk(writer.Poll()));
  released.set_value();
  EXPECT_TRUE(IsError(writer.Wait(), absl::StatusCode::kDataLoss, {"late"}));
}

TEST(AsyncWriterTest, AnErrorIsToldOnce) {
  AsyncWriter writer;
  writer.Start([] { return absl::UnavailableError("the disk"); });
  while (writer.busy()) std::this_thread::yield();
  EXPECT_TRUE(
      IsError(writer.Poll(), absl::StatusCode::kUnavailable, {"the disk"}));
  EXPECT_TRUE(IsOk(writer.Poll()));
  EXPECT_TRUE(IsOk(writer.Wait()));
}

TEST(AsyncWriterTest, WritesFollowOneAnother) {
  AsyncWriter writer;
  int written = 0;
  for (int i = 0; i < 100; ++i) {
    writer.Start([&written] {
      ++written;
      return absl::OkStatus();
    });
    EXPECT_TRUE(IsOk(writer.Wait()));
  }
  EXPECT_EQ(written, 100);
}

TEST(AsyncWriterTest, TheEndWaitsForTheWriteAndLogsItsError) {
  bool written = false;
  testing::internal::CaptureStderr();
  {
    AsyncWriter writer;
    writer.Start([&] {
      written = true;
      return absl::UnavailableError("nobody asked");
    });
  }
  EXPECT_TRUE(written);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("nobody asked"),
            std::string::npos);
}

TEST(AsyncWriterTest, TheThreadYieldsAndTakesNoSignals) {
  const id_t self = static_cast<id_t>(syscall(SYS_gettid));
  const int before = getpriority(PRIO_PROCESS, self);
  AsyncWriter writer;
  int nice = 0;
  bool blocked = false;
  writer.Start([&] {
    nice = getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM) == 1;
    return absl::OkStatus();
  });
  EXPECT_TRUE(IsOk(writer.Wait()));
  EXPECT_GE(nice, 10);
  EXPECT_TRUE(blocked);
  EXPECT_EQ(getpriority(PRIO_PROCESS, self), before);
}

}  // namespace
}  // namespace cairn
