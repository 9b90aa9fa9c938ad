// Compiled into each test program: tells TempDir whether the running doctest case has failed. An assertion that throws
// is seen by TempDir itself; what is needed here is the CHECK that failed and let the test go on.

#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <atomic>

namespace {

std::atomic<bool> failed{false};

class Outcome : public doctest::IReporter {
 public:
  explicit Outcome(const doctest::ContextOptions& /*options*/) {
    mlem::test::TempDir::keep_if([] { return failed.load(); });
  }

  void test_case_start(const doctest::TestCaseData& /*test*/) override { failed = false; }
  void test_case_exception(const doctest::TestCaseException& /*exception*/) override { failed = true; }
  void log_assert(const doctest::AssertData& assertion) override {
    if (assertion.m_failed && (assertion.m_at & doctest::assertType::is_warn) == 0) failed = true;
  }
  void log_message(const doctest::MessageData& message) override {
    if ((message.m_severity & doctest::assertType::is_warn) == 0) failed = true;
  }

  void report_query(const doctest::QueryData& /*query*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*stats*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*test*/) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& /*stats*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*subcase*/) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData& /*test*/) override {}
};

}  // namespace

REGISTER_LISTENER("outcome", 1, Outcome);
