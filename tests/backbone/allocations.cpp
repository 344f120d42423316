// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>

#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/bsarec.hpp>
#include <coco/backbone/fdsa.hpp>
#include <coco/backbone/pinnerformer.hpp>
#include <coco/backbone/s3rec.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/loss/bce.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

#include "backbone/user_gru.hpp"
#include "conformance/allocations.hpp"
#include "conformance/backbone.hpp"

using namespace coco;
using P = Host;

namespace {

/// A batch that lives as long as the test: buffers of a training loop are not counted here.
struct Held {
    std::vector<Id> offsets{0}, item, position, key;
    InverseLists by_item, by_position;

    Held(Index people, Index items, Index window) {
        RandomStream random(2);
        for (Index u = 0; u < people; ++u) {
            const Index n = 1 + random.below(static_cast<std::uint32_t>(window));
            offsets.push_back(offsets.back() + static_cast<Id>(n));
            for (Index i = 0; i < n; ++i) {
                item.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(items))));
                position.push_back(static_cast<Id>(n - 1 - i));
                key.push_back(static_cast<Id>(u * 1000 + i));
            }
        }
        by_item.build(item, items);
        by_position.build(position, window);
    }

    static Ids<P> uploaded(Context<P>& ctx, const std::vector<Id>& x) {
        return ctx.on.upload(std::span<const Id>(x), ctx.work);
    }
    static Inverse<P> uploaded(Context<P>& ctx, const InverseLists& x) {
        return {uploaded(ctx, x.id), {x.offsets, uploaded(ctx, x.offsets), 0}, uploaded(ctx, x.place)};
    }
    Sequence<P> sequence(Context<P>& ctx, Index window) const {
        return {{offsets, uploaded(ctx, offsets), window},
                uploaded(ctx, item),
                uploaded(ctx, by_item),
                uploaded(ctx, position),
                uploaded(ctx, by_position),
                uploaded(ctx, key)};
    }
};

/// Steps of a backbone with both losses, dropout, sum of squares and AdamW; counts the allocations after
/// warm-up.
template <class B>
void check_no_allocations(const typename B::Config& config, int threads) {
    const Index items = 500;
    ParameterLayout layout;
    const items::Table table(layout, {}, items, config.width());
    const B model(layout, config);
    P on(threads);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 3);
    Gradients<P> gradients(on, layout), first(on, layout), second(on, layout);
    const Held held(64, items, config.window);
    const Index rows = held.offsets.back();
    const auto step = [&](std::uint32_t number) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.step = number;
        const Sequence<P> batch = held.sequence(ctx, config.window);
        const auto vectors = table.forward(ctx);
        const Rows<P> x = work.keep(rows, config.width()), dx = work.keep(rows, config.width());
        nn::gather<P>(on, vectors.vectors, batch.item, x);
        const auto saved = model.forward(ctx, batch, CRows<P>(x));
        Targets<P> targets;
        targets.item = targets.negative = batch.item;
        targets.by_item = targets.by_negative = batch.by_item;
        const Rows<P> sum = work.keep(1, 2), dh = work.keep(rows, config.width());
        nn::fill<P>(on, sum, 0);
        loss::CrossEntropy::step(ctx, CRows<P>(saved.h), vectors.vectors, targets, 1, sum.data, dh,
                                 vectors.gradient);
        loss::Bce::step(ctx, CRows<P>(saved.h), vectors.vectors, targets, 1, sum.data, dh, vectors.gradient);
        model.backward(ctx, batch, saved, CRows<P>(dh), dx);
        nn::scatter<P>(on, CRows<P>(dx), batch.by_item, vectors.gradient);
        AdamWStep settings;
        settings.step = number;
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            const AdamWRange<P> range{settings, parameters.block(block).list(),
                                      std::as_const(gradients).block(block).list(), first.block(block).list(),
                                      second.block(block).list()};
            on.squared_norm({&range.gradient, 1}, sum.data + 1);
            on.adamw({&range, 1}, nullptr);
        }
    };
    step(1);
    work.reset();  // several blocks become one: the last allocation
    // Which thread runs which task varies, and the scratch memory of each thread grows once.
    const int warm = threads == 1 ? 1 : 20;
    for (int i = 0; i < warm; ++i) step(2);
    const conformance::Allocations taken;
    step(3);
    step(4);
    CHECK(taken.count() == 0);
}

}  // namespace

namespace {

/// Batches and steps of S3-Rec's pre-training, as a trainer makes them.
void check_no_allocations_in_pretraining() {
    const Index items = 500;
    std::vector<std::vector<Id>> bags;
    for (Id item = 0; item < static_cast<Id>(items); ++item) bags.push_back({item % 7, 7 + item % 5});
    SequentialRecommender<backbone::S3Rec>::Config config;
    backbone::S3Rec::Config& c = config.behaviour.backbone;
    c.encoder.width = 32;
    c.encoder.hidden = 64;
    c.window = 20;
    c.values = 12;
    c.attributes = std::make_shared<const nn::Bags>(bags, 12);
    const SequentialRecommender<backbone::S3Rec> model(config, items);
    data::Interactions train;
    RandomStream random(2);
    for (Index user = 0; user < 40; ++user) {
        std::vector<Id> all;
        for (Index i = 0; i < 2 + user % 25; ++i) all.push_back(static_cast<Id>(random.below(500)));
        train.add(all);
    }
    Sampling sampling;
    sampling.window = c.window;
    sampling::Pretraining sampler({1, {2000, 32}, 1, BatchBuilder(sampling, items), nullptr, nullptr});
    P on(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, model.layout(), 3);
    Gradients<P> gradients(on, model.layout());
    HostBatch b;
    const auto step = [&](std::uint32_t number) {
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.step = number;
        float metrics[StepMetrics::entries] = {};
        model.step(ctx, upload(ctx, b), TrainingStage::pretraining, metrics);
        work.reset();
    };
    sampler.prepare(b, train);
    step(0);
    work.reserve(sampling::room_of<sampling::Pretraining>);
    b.reserve(sampling::room_of<sampling::Pretraining>);
    const Index batches = sampler.begin_epoch(0);
    REQUIRE(batches > 10);
    for (Index n = 0; n < batches; ++n) {
        const conformance::Allocations taken;
        sampler.fill(b, train, n, static_cast<std::uint64_t>(n));
        step(static_cast<std::uint32_t>(n));
        INFO("batch " << n);
        CHECK((n == 0 || taken.count() == 0));
    }
}

}  // namespace

TEST_CASE("the allocation counter counts every way to allocate", "[allocations]") {
    if (!conformance::Allocations::counted) {
        std::cout << "SKIPPED: a sanitizer has the allocator\n";
        return;
    }
    const auto takes = [](auto take) {
        const conformance::Allocations taken;
        take();
        return taken.count();
    };
    CHECK(takes([] {}) == 0);
    CHECK(takes([] { delete new volatile int(1); }) == 1);
    // Accessed through a volatile pointer: otherwise a compiler may remove the allocation.
    const auto looked_at = [](void* memory) {
        void* volatile seen = memory;
        return static_cast<void*>(seen);
    };
    const auto size = static_cast<std::size_t>(::getpid());
    CHECK(takes([&] { std::free(looked_at(std::malloc(size))); }) >= 1);
    CHECK(takes([&] { std::free(looked_at(std::aligned_alloc(64, 64 * size))); }) >= 1);
    CHECK(takes([&] { looked_at(std::vector<int>(size).data()); }) == 1);
    CHECK(takes([] {
              void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              ::munmap(page, 4096);
          }) == 1);
}

TEST_CASE("a training step allocates nothing after the first step", "[allocations]") {
    if (!conformance::Allocations::counted) {
        std::cout << "SKIPPED: a sanitizer has the allocator\n";
        return;
    }
    backbone::SASRec::Config sasrec;
    sasrec.encoder.width = 32;
    sasrec.encoder.hidden = 64;
    sasrec.window = 20;
    backbone::BSARec::Config bsarec;
    bsarec.encoder = sasrec.encoder;
    bsarec.window = sasrec.window;
    backbone::BERT4Rec::Config bert4rec;
    bert4rec.encoder = sasrec.encoder;
    bert4rec.window = sasrec.window;
    backbone::FDSA::Config fdsa;
    fdsa.encoder = sasrec.encoder;
    fdsa.window = sasrec.window;
    std::vector<std::vector<Id>> bags(500);
    for (std::size_t i = 0; i < bags.size(); ++i)
        for (std::size_t v = 0; v < i % 4; ++v) bags[i].push_back(static_cast<Id>((i * i + v) % 30));
    for (int field = 0; field < 2; ++field)
        fdsa.features.push_back(std::make_shared<const nn::Bags>(bags, 30));
    fdsa.texts = backbone::digest_of(fdsa.features);
    backbone::PinnerFormer::Config pinnerformer;
    pinnerformer.encoder = sasrec.encoder;
    pinnerformer.window = 20;
    user::Gru::Config gru;
    gru.size = 32;
    gru.window = 20;
    for (const int threads : {1, 2}) {
        INFO(threads << " threads");
        check_no_allocations<backbone::SASRec>(sasrec, threads);
        check_no_allocations<backbone::BSARec>(bsarec, threads);
        check_no_allocations<backbone::BERT4Rec>(bert4rec, threads);
        check_no_allocations<backbone::FDSA>(fdsa, threads);
        check_no_allocations<backbone::PinnerFormer>(pinnerformer, threads);
        check_no_allocations<user::Gru>(gru, threads);
    }
    check_no_allocations_in_pretraining();
}
