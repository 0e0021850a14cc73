"""A campaign's addresses in its workspace. Those in its messages: ``public_urls``."""

from django.urls import include, path

from campaigns.views import content, drafts, preview, report, review

_one = [
    path("", drafts.campaign, name="campaign"),
    path("settings/", drafts.campaign_settings, name="campaign_settings"),
    path("duplicate/", drafts.duplicate_campaign, name="duplicate_campaign"),
    path("delete/", drafts.delete_campaign, name="delete_campaign"),
    path("content/", content.campaign_content, name="campaign_content"),
    path("content/<str:language>/", content.edit_content, name="edit_content"),
    path("content/<str:language>/copy/", content.copy_content, name="copy_content"),
    path("content/<str:language>/remove/", content.remove_content, name="remove_content"),
    path("message/<str:language>/", preview.read_message, name="read_message"),
    path("message/<str:language>/preview/", preview.message_preview, name="message_preview"),
    path("message/<str:language>/reader/", preview.choose_reader, name="choose_reader"),
    path("test/", review.send_test, name="send_test"),
    path("review/", review.review_campaign, name="review_campaign"),
    path("send/", review.send_campaign, name="send_campaign"),
    path("schedule/", review.schedule_campaign, name="schedule_campaign"),
    path("unschedule/", review.unschedule_campaign, name="unschedule_campaign"),
    path("pause/", review.pause_campaign, name="pause_campaign"),
    path("resume/", review.resume_campaign, name="resume_campaign"),
    path("cancel/", review.cancel_campaign, name="cancel_campaign"),
    path("report/", report.campaign_report, name="campaign_report"),
    path("left-out/", report.left_out, name="campaign_left_out"),
    path("recipients/", report.campaign_recipients, name="campaign_recipients"),
]

urlpatterns = [
    path("campaigns/", drafts.campaign_list, name="campaigns"),
    path("campaigns/new/", drafts.create_campaign, name="create_campaign"),
    path("campaigns/<int:campaign_id>/", include(_one)),
]
