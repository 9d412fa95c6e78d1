// Every read of a run that goes on fails, once or from then on.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "saving/checkpoint_directory.h"
#include "saving/save.h"
#include "tests/callbacks/small_run.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

class ModelCheckpointReadsTest : public ::testing::TestWithParam<bool> {
 protected:
  ModelCheckpointReadsTest() {
    run_.checkpoint = {.path = "run/cp-{step}",
                       .every = EverySteps(2),
                       .keep_last = 2,
                       .asynchronous = GetParam(),
                       .resume = Resume::kAuto};
    SmallRun stopped = run_;
    stopped.before = StopAfterStep(4);
    EXPECT_TRUE(IsOk(Train(stopped_files_, stopped).status));
    const auto files = stopped_files_.AfterKill();
    const SmallRunResult whole = Train(*files, run_);
    EXPECT_TRUE(IsOk(whole.status));
    EXPECT_EQ(whole.resumed->step, 4);
    reads_ = files->reads();
    values_ = whole.values;
    history_ = whole.history;
    ExpectWhole(whole, *files);
  }

  void ExpectWhole(const SmallRunResult& result, FaultFileSystem& files) {
    ASSERT_TRUE(IsOk(result.status));
    ASSERT_TRUE(result.resumed.has_value());
    EXPECT_EQ(result.values, values_);
    EXPECT_EQ(result.history, history_);
    // Not the bytes of the files: a save that has failed when it was in place
    // is done once more, and what is replaced gets another number of data
    // files.
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto found, ListCheckpoints("run", files));
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].prefix, "run/cp-4");
    EXPECT_EQ(found[1].prefix, "run/cp-6");
    for (const CheckpointSummary& one : found) {
      EXPECT_TRUE(IsOk(VerifySnapshot(one.prefix, {.files = &files})));
    }
    const auto model = MakeSmallModel(run_);
    EXPECT_TRUE(IsOk(LoadWeights(*model, "run/cp-6", {}, {.files = &files})));
    EXPECT_EQ(ValuesOf(*model), values_);
  }

  SmallRun run_;
  FaultFileSystem stopped_files_;
  int reads_ = 0;
  std::string values_, history_;
};

TEST_P(ModelCheckpointReadsTest, AFaultIsOvercomeOrNamedAndLosesNothing) {
  using Repeat = FaultFileSystem::Repeat;
  int overcome = 0, named = 0;
  for (const auto& status : {absl::UnavailableError("no answer"),
                             absl::PermissionDeniedError("not allowed")}) {
    for (const Repeat repeat : {Repeat::kOnce, Repeat::kFromThenOn}) {
      for (int i = 1; i <= reads_; ++i) {
        SCOPED_TRACE(absl::StrCat(status.message(), " at read ", i,
                                  repeat == Repeat::kOnce ? "" : " and on"));
        const auto files = stopped_files_.AfterKill();
        files->FailRead(i, status, repeat);
        const SmallRunResult result = Train(*files, run_);
        if (result.resumed.has_value()) {
          // Never an older one.
          EXPECT_EQ(result.resumed->prefix, "run/cp-4");
        } else {
          EXPECT_FALSE(result.status.ok());
        }
        if (result.status.ok()) {
          EXPECT_EQ(result.values, values_);
          EXPECT_EQ(result.history, history_);
          ++overcome;
        } else {
          EXPECT_TRUE(
              IsError(result.status, status.code(), {status.message(), "run"}));
          ++named;
        }
        // What is there is enough for the next.
        const auto after = files->AfterKill();
        ExpectWhole(Train(*after, run_), *after);
      }
    }
  }
  EXPECT_GT(overcome, reads_ / 2);
  EXPECT_GT(named, reads_);
  RecordProperty("faults", overcome + named);
}

INSTANTIATE_TEST_SUITE_P(, ModelCheckpointReadsTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "InTheBackground" : "Waiting";
                         });

}  // namespace
}  // namespace cairn
